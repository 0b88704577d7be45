// Plastic, metal, trim.
void main() {
    vec3 view = viewer();
    vec3 unit = towards_viewer(normal, view);
    float arriving = 0.0, mirrored = 0.0;
    Spot here = spot(at, unit);
    for (int i = 0; i < beams(); i++) {
        Beam b = beam(i, here, 2.0);
        arriving += b.strength * wrapped(dot(unit, b.towards), 0.0);
        mirrored += b.strength * shine(unit, view, b.towards, clamp(surface.z, 0.08, 1.0), 0.04 + 0.2 * surface.y);
    }
    arriving += ambient(unit);
    // A faint image of the bright windows in what is smooth.
    vec3 mirror = reflect(-view, unit);
    float window = around.z * 0.05 * smoothstep(0.2, 0.7, abs(mirror.x)) * (1.0 - surface.z);
    finish(arriving * tone.x, surface.x * tone.y, (mirrored + window) * surface.y * tone.x, 0.0);
}
