// What a light sees of a strand: every other triangle, so twice as wide, and wide enough to leave a mark in the map.
in vec3 position;
in vec3 facing;
in vec2 texel;
in vec2 toned;
uniform mat4 model;
uniform mat4 light_clip;
uniform vec3 light_at;

void main() {
    vec3 at = (model * vec4(position, 1.0)).xyz;
    vec3 side = normalize(cross(mat3(model) * facing, light_at - at) + vec3(1e-6));
    gl_Position = light_clip * vec4(at + side * texel.x * max(2.0 * toned.x, 0.5), 1.0);
}
