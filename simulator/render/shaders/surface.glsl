// What every solid material is told and must say.
in vec3 at;
in vec3 normal;
in vec3 rest;
in vec2 uv;
in vec2 tone;
uniform vec4 surface;  // reflectance, gloss, roughness, What / 255

layout(location = 0) out vec4 shade;  // arriving light, reflectance, light of its own and mirrored, 1
layout(location = 1) out vec4 mark;   // What / 255, 0, 1 = light scatters inside, 1

const float BRIGHTEST = 30.0;  // of a highlight: the sensor saturates long before

void finish(float arriving, float reflectance, float mirrored, float scatters) {
    shade = vec4(max(arriving, 0.0), max(reflectance, 0.0), clamp(mirrored, 0.0, BRIGHTEST), 1.0);
    mark = vec4(surface.w, 0.0, scatters, 1.0);
}

vec3 viewer() { return normalize(eye.xyz - at); }

// Thin things are seen from both sides.
vec3 towards_viewer(vec3 direction, vec3 view) {
    vec3 unit = normalize(direction);
    return dot(unit, view) < 0.0 ? -unit : unit;
}
