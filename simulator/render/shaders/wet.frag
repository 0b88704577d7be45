// Teeth, tongue, gums: bright where light falls in, wet.
void main() {
    vec3 view = viewer();
    vec3 unit = towards_viewer(normal, view);
    float arriving = 0.0, mirrored = 0.0;
    Spot here = spot(at, unit);
    for (int i = 0; i < beams(); i++) {
        Beam b = beam(i, here, 2.0);
        arriving += b.strength * wrapped(dot(unit, b.towards), 0.25);
        mirrored += b.strength * shine(unit, view, b.towards, max(surface.z, 0.15), 0.04);
    }
    float openness = tone.x;
    finish((arriving + ambient(unit)) * openness, surface.x * tone.y, mirrored * surface.y * openness, 0.0);
}
