// A spectacle lens: it swallows part of the light, mirrors the lamps as small discs and by day the windows.
in vec3 at;
in vec3 normal;
in vec3 rest;
in vec2 uv;
in vec2 tone;

const float LABELLED_BELOW = 0.3;  // transmission under which the lens is what the pixel shows

float lamp_disc(vec3 unit, vec3 view, vec3 towards) {
    float off = length(normalize(view + towards) - unit);
    float pixel = fwidth(off);
    return smoothstep(0.007 + 0.8 * pixel, 0.004, off);
}

void main() {
    vec3 view = normalize(eye.xyz - at);
    vec3 unit = normalize(normal);
    unit = dot(unit, view) < 0.0 ? -unit : unit;
    float grazing = 1.0 - clamp(dot(unit, view), 0.0, 1.0);
    float grazing2 = grazing * grazing;
    float fresnel = 0.04 + 0.9 * grazing2 * grazing2 * grazing;
    vec3 back = normalize(unit + vec3(0.012, 0.02, 0.0));  // the inner side has another curve
    float mirrored = 0.0;
    Spot here = spot(at, unit);
    for (int i = 0; i < beams(); i++) {
        Beam b = beam(i, here, 3.0);
        float image = lamp_disc(unit, view, b.towards) + 0.4 * tone.x * tone.x * lamp_disc(back, view, b.towards);
        mirrored += b.strength * (8.0 * image + 0.05 * shine(unit, view, b.towards, 0.3, 0.04));
    }
    vec3 mirror = reflect(-view, unit);
    float window = smoothstep(0.25, 0.45, abs(mirror.x)) * smoothstep(-0.25, 0.0, mirror.y);
    mirrored += around.z * fresnel * (0.35 + 0.9 * window) + around.y * fresnel;
    veil(mirrored, 1.0 - tone.x * (1.0 - fresnel));
    float opaque = step(tone.x, LABELLED_BELOW);
    mark = vec4(surface.w * opaque, 0.0, 0.0, opaque);
}
