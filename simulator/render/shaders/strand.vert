// Strands are lit per vertex (Kajiya and Kay 1989): they are many and small.
uniform vec4 surface;
out vec2 edge;    // signed half width in px across, its limit
out vec2 lit;     // light, coverage

float along_the_hair(vec3 tangent, vec3 direction) {
    float cosine = dot(tangent, direction);
    return sqrt(max(1.0 - cosine * cosine, 0.0));
}

// Light scattered by the fibre, light mirrored by its flank.
vec2 thrown_back(Ribbon r, Beam b) {
    float around_it = along_the_hair(r.tangent, normalize(b.towards + r.view));
    float fourth = around_it * around_it;
    fourth *= fourth;
    float broad = fourth * fourth * fourth;
    float narrow = broad * broad * broad * broad * broad;
    return b.strength * vec2(0.8 * along_the_hair(r.tangent, b.towards), 0.25 * broad + 0.55 * narrow);
}

void main() {
    Ribbon r = ribbon();
    vec2 light = vec2(0.8 * ambient(r.view), 0.0);
    Spot here = spot(r.at, r.view);
    int parallel = int(counts.y);
    // The lamps are near the camera: their shadows hide behind what throws them.
    for (int i = 0; i < parallel; i++) light += thrown_back(r, open_beam(i, here));
    for (int i = parallel; i < beams(); i++) light += thrown_back(r, beam(i, here, 4.0));
    float reflectance = surface.x * toned.y;
    lit.x = light.x * reflectance + surface.y * light.y * (0.05 + 0.5 * reflectance) * toned.y;
    lit.y = density(r);
    edge = vec2(texel.x * r.drawn_px, r.drawn_px);
    gl_Position = clip * vec4(r.at, 1.0);
}
