// Labels alone, without light.
in vec3 position;
uniform mat4 model;

void main() { gl_Position = clip * (model * vec4(position, 1.0)); }
