// Shadows from the maps that shadows.py draws.
uniform sampler2DShadow shadow_atlas;

// 1 = lit, 0 = in the shadow of what the map of this beam saw. `lift` keeps a surface from shading itself.
float unshaded(int i, Spot s, float lift) {
    int map = int(beam_more[i].z);
    vec4 seen = shadow_clip[map] * vec4(s.at + s.normal * lift, 1.0);
    vec3 place = seen.xyz / seen.w * 0.5 + 0.5;
    vec2 corner = vec2(map & 1, map >> 1);
    float lit = texture(shadow_atlas, vec3((corner + clamp(place.xy, 0.002, 0.998)) * 0.5, place.z));
    vec2 beside = abs(place.xy - 0.5);
    float counts_here = beam_more[i].y * step(max(beside.x, beside.y), 0.495);
    return mix(1.0, lit, counts_here);
}

Beam beam(int i, Spot s, float lift) {
    Beam found = open_beam(i, s);
    found.strength *= unshaded(i, s, lift);
    return found;
}
