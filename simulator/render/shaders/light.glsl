// What light arrives at a point, and how a surface throws it back.
uniform sampler2D noise;  // two channels of smooth noise around 0.5, repeating

// A place that light falls on.
struct Spot {
    vec3 at;
    vec3 normal;
    float banded;  // how much of a striped beam is taken away here
    float shut_out;  // 1 = the shell stands between here and the sun
};

struct Beam {
    vec3 towards;
    float strength;
};

// Trees and pillars before the sun: soft-edged bands across its beam.
float bands(vec3 at) {
    float along = fract(dot(at, stripe.xyz) * stripe.w + around.x);
    return smoothstep(0.06, 0.16, along) - smoothstep(0.52, 0.62, along);
}

Spot spot(vec3 at, vec3 normal) { return Spot(at, normal, bands(at), shut_out(at, normal)); }

int beams() { return int(counts.x); }

// One beam at a place that nothing shades. No branches here and below: a software renderer takes both sides of each.
Beam open_beam(int i, Spot s) {
    vec3 way = beam_at[i].xyz - s.at;
    float distance2 = dot(way, way);
    vec3 towards = way * inversesqrt(distance2);
    float cosine = max(dot(-towards, beam_aim[i].xyz), 0.02);
    float lobe = 1.0 + beam_aim[i].w * (1.0 / (cosine * cosine) - 1.0);
    float strength = beam_at[i].w / (distance2 * lobe * lobe) * (1.0 - beam_more[i].x * s.banded);
    strength *= 1.0 - beam_more[i].w * s.shut_out;
    return Beam(towards, strength);
}

// Light from everywhere, a little more from above where the windows are.
float ambient(vec3 normal) { return around.y * (0.75 + 0.25 * normal.y); }

// The hollows of a face see less of a lamp's surroundings too.
float hollow(float openness, float least) { return mix(least, 1.0, smoothstep(0.0, 0.7, openness)); }

float wrapped(float cosine, float wrap) { return max((cosine + wrap) / (1.0 + wrap), 0.0); }

// Cook-Torrance with GGX and a cheap visibility term; reflectance at normal incidence f0. Times the light's cosine.
float shine(vec3 normal, vec3 viewer, vec3 towards, float roughness, float f0) {
    float nl = max(dot(normal, towards), 0.0);
    vec3 halfway = normalize(viewer + towards);
    float nh = max(dot(normal, halfway), 0.0);
    float a2 = roughness * roughness;
    a2 *= a2;
    float spread = nh * nh * (a2 - 1.0) + 1.0;
    float grazing = 1.0 - max(dot(halfway, viewer), 0.0);
    float g2 = grazing * grazing;
    float fresnel = f0 + (1.0 - f0) * g2 * g2 * grazing;
    float lit = max(dot(halfway, towards), 0.1);
    return nl * fresnel * a2 / (4.0 * spread * spread * lit * lit * (roughness + 0.5));
}
