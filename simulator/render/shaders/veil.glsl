// What is blended over the solid things. The blend function keeps (1 - alpha) of what is there, so that
// arriving * reflectance / kept + mirrored stays the picture.
layout(location = 0) out vec4 shade;  // 0, 0, added light, share hidden
layout(location = 1) out vec4 mark;   // What / 255, 0, 0, 1 = the label changes
uniform vec4 surface;

void veil(float light, float hidden) { shade = vec4(0.0, 0.0, clamp(light, 0.0, 30.0), hidden); }
