void main() {
    Ribbon r = ribbon();
    gl_Position = clip * vec4(r.at, 1.0);
}
