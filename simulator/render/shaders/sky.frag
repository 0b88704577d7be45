// What the windows show: it shines by itself.
void main() {
    finish(0.0, 0.0, around.z * surface.x * tone.x * tone.y, 0.0);
}
