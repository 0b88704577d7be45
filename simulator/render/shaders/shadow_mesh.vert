// What a light sees of a mesh.
in vec3 position;
uniform mat4 model;
uniform mat4 light_clip;

void main() { gl_Position = light_clip * (model * vec4(position, 1.0)); }
