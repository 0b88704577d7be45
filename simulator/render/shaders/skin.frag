// Skin at 850-940 nm: bright, smooth, light wanders millimetres inside it (develop.py does that on the picture),
// an oily film mirrors the lamps.
uniform sampler2D skin;  // reflectance factor, oil, height in mm, free

// The normal of a surface raised by `height` mm, from screen derivatives (Mikkelsen 2010).
vec3 raised(vec3 unit, float height) {
    vec3 dx = dFdx(at), dy = dFdy(at);
    vec3 rx = cross(dy, unit), ry = cross(unit, dx);
    float area = dot(dx, rx);
    vec3 slope = sign(area) * (dFdx(height) * rx + dFdy(height) * ry);
    return normalize((abs(area) + 1e-9) * unit - slope);
}

void main() {
    vec3 view = viewer();
    vec3 smooth_normal = normalize(normal);
    vec4 detail = texture(skin, uv);
    vec3 unit = raised(smooth_normal, detail.b);
    float oil = person.x * detail.g;
    float roughness = mix(0.55, 0.36, oil);
    float openness = hollow(tone.x, 0.35);
    float arriving = 0.0, mirrored = 0.0;
    Spot here = spot(at, smooth_normal);
    for (int i = 0; i < beams(); i++) {
        Beam b = beam(i, here, 1.2);
        arriving += b.strength * wrapped(dot(unit, b.towards), 0.18) * openness;
        mirrored += b.strength * shine(unit, view, b.towards, roughness, 0.03);
    }
    arriving += ambient(unit) * tone.x;
    finish(arriving, surface.x * tone.y * detail.r, mirrored * (0.35 + 1.6 * oil) * openness, 1.0);
}
