in vec2 edge;
in vec2 lit;

// Even noise over the picture that stands still (Jimenez 2014): a half covered pixel is labelled in half of all places.
float still_noise(vec2 pixel) { return fract(52.9829189 * fract(dot(pixel, vec2(0.06711056, 0.00583715)))); }

void main() {
    float covered = clamp(edge.y - abs(edge.x), 0.0, 1.0) * lit.y;
    veil(lit.x * covered, covered);
    float labelled = step(still_noise(gl_FragCoord.xy), covered);
    mark = vec4(surface.w * labelled, 0.0, 0.0, labelled);
}
