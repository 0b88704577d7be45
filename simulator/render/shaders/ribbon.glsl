// A strand's ribbon turned to the camera. Its edges are ramps one pixel wide and it is drawn at least two pixels wide:
// a hair thinner than a pixel fades instead, and the sum over its width is the same wherever it lies (a tent function).
in vec3 position;
in vec3 facing;   // the tangent
in vec3 resting;
in vec2 texel;    // side -1 / +1, along 0 - 1
in vec2 toned;    // half width mm, factor on the reflectance
uniform mat4 model;

struct Ribbon {
    vec3 at;
    vec3 tangent;
    vec3 view;
    float width_px;   // half the true width
    float drawn_px;   // half the drawn width
};

Ribbon ribbon() {
    vec3 at = (model * vec4(position, 1.0)).xyz;
    vec3 tangent = normalize(mat3(model) * facing);
    vec3 view = eye.xyz - at;
    float pixel_mm = length(view) * eye.w;
    float width_px = max(toned.x, 0.0) / pixel_mm;
    float drawn_px = max(width_px + 0.5, 1.0);
    vec3 side = normalize(cross(tangent, view) + vec3(1e-6));
    return Ribbon(at + side * texel.x * drawn_px * pixel_mm, tangent, normalize(view), width_px, drawn_px);
}

// Coverage in the ribbon's middle.
float density(Ribbon r) { return min(2.0 * r.width_px, 1.0); }
