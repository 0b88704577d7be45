// A mesh: everything but strands.
in vec3 position;
in vec3 facing;
in vec3 resting;
in vec2 texel;
in vec2 toned;
uniform mat4 model;

out vec3 at;
out vec3 normal;
out vec3 rest;
out vec2 uv;
out vec2 tone;

void main() {
    vec4 seat = model * vec4(position, 1.0);
    at = seat.xyz;
    normal = mat3(model) * facing;
    rest = resting;
    uv = texel;
    tone = toned;
    gl_Position = clip * seat;
}
