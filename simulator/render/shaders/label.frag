uniform float what;
layout(location = 0) out vec4 mark;

void main() { mark = vec4(what); }
