// Cloth: soft, a weave where the camera is near enough to see it, uneven dye.
void main() {
    vec3 view = viewer();
    vec3 unit = towards_viewer(normal, view);
    float pixel_mm = distance(eye.xyz, at) * eye.w;
    vec2 cloth = rest.xy + rest.z * vec2(0.37, 0.61);
    float weave = texture(noise, cloth * 0.09).r - 0.5;
    float folds = texture(noise, cloth * 0.004).g - 0.5;
    float pattern = 1.0 + 0.28 * weave * clamp(1.6 - pixel_mm, 0.0, 1.0) + 0.12 * folds;
    float rim = 1.0 - clamp(dot(unit, view), 0.0, 1.0);
    float arriving = 0.0, fuzz = 0.0;
    Spot here = spot(at, unit);
    for (int i = 0; i < beams(); i++) {
        Beam b = beam(i, here, 2.5);
        float cosine = dot(unit, b.towards);
        arriving += b.strength * wrapped(cosine, 0.25);
        fuzz += b.strength * max(cosine, 0.0) * rim * rim * rim;
    }
    arriving += ambient(unit);
    float reflectance = surface.x * tone.y * pattern;
    finish(arriving * hollow(tone.x, 0.2), reflectance, 0.3 * fuzz * reflectance * tone.x, 0.0);
}
