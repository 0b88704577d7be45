// An eyeball: sclera, iris behind a refracting cornea, pupil, the sharp mirror image of each lamp.
// Worked out in the eye's own frame (mm, z = optical axis) from the ray of sight, whatever the mesh is like.
uniform mat4 eye_frame;  // eye's frame, in eye radii -> seat frame
uniform float eye_mm;    // that radius

const float CORNEA_MM = 7.8;  // radius of curvature (Gullstrand)
const float LIMBUS_MM = 5.9;  // radius of the visible iris
const float IRIS_BEHIND_MM = 0.6;  // the iris' plane behind the limbus
const float INTO_CORNEA = 1.0 / 1.336;
const float GLINT_MM = 0.28;  // a lamp's image with its bloom

vec3 to_seat(vec3 direction) { return normalize(mat3(eye_frame) * direction); }

float fibres(vec2 disc) {
    float turn = atan(disc.y, disc.x) * 0.15915;
    float ring = length(disc);
    float fine = texture(noise, vec2(turn * 0.75, ring * 0.12)).r;
    float coarse = texture(noise, vec2(turn, ring * 0.6 + 0.3)).g;
    return 0.4 + 0.8 * fine + 0.4 * coarse;
}

// How much of a place in the iris' plane is pupil; `ring` in mm from the axis.
float pupil(float ring, float pixel_mm) {
    float soft = 0.12 + 0.5 * pixel_mm;
    return smoothstep(person.z + soft, person.z - soft, ring);
}

// Reflectance of the iris, darker towards the limbus, brighter round the pupil.
float iris(vec2 place, float ring) {
    float shade = person.y * fibres(place / LIMBUS_MM);
    shade *= 1.0 + 0.15 * smoothstep(person.z + 1.6, person.z + 0.3, ring);
    return shade * (1.0 - 0.5 * smoothstep(0.78, 1.02, ring / LIMBUS_MM));
}

// The lamp's image on a mirror of this curvature; never finer than the picture can show.
float glint(vec3 unit, vec3 view, vec3 towards, float pixel_mm, float curvature_mm) {
    float off = length(normalize(view + towards) - unit) * curvature_mm;
    float size = max(GLINT_MM, 0.6 * pixel_mm);
    return smoothstep(size, 0.5 * size, off);
}

void main() {
    vec3 view = viewer();
    mat3 into = transpose(mat3(eye_frame)) / eye_mm;
    vec3 from = into * (eye.xyz - eye_frame[3].xyz);
    vec3 ray = normalize(into * -view);
    float pixel_mm = distance(eye.xyz, at) * eye.w;
    vec3 ball = normalize(rest);

    float limbus_at = sqrt(eye_mm * eye_mm - LIMBUS_MM * LIMBUS_MM);
    vec3 cornea = vec3(0.0, 0.0, limbus_at - sqrt(CORNEA_MM * CORNEA_MM - LIMBUS_MM * LIMBUS_MM));
    vec3 away = from - cornea;
    float b = dot(away, ray);
    float hit2 = b * b - dot(away, away) + CORNEA_MM * CORNEA_MM;
    vec3 hit = from + ray * (-b - sqrt(max(hit2, 0.0)));
    float through = step(0.0, hit2) * smoothstep(limbus_at - 0.5, limbus_at + 0.3, hit.z);
    vec3 domed = normalize(hit - cornea);
    vec3 bent = refract(ray, domed, INTO_CORNEA);
    vec2 place = hit.xy + bent.xy * (limbus_at - IRIS_BEHIND_MM - hit.z) / min(bent.z, -0.05);
    float ring = length(place);
    float inside = through * smoothstep(LIMBUS_MM + 0.2, LIMBUS_MM - 0.35, ring);
    float hole = pupil(ring, pixel_mm) * inside;

    float white = 0.5 * tone.y * (0.95 + 0.1 * texture(noise, ball.xy * 0.1).g);
    white *= 1.0 - 0.3 * smoothstep(LIMBUS_MM + 1.2, LIMBUS_MM, length(ball.xy) * eye_mm);
    float reflectance = mix(mix(white, iris(place, ring), inside), 0.012, hole);

    vec3 sclera = to_seat(ball);
    vec3 film = to_seat(mix(ball, domed, through));
    vec3 axis = to_seat(vec3(0.0, 0.0, 1.0));
    vec3 matt = normalize(mix(sclera, axis, inside));
    float open_to = smoothstep(0.05, 0.3, tone.x);
    float curvature_mm = mix(eye_mm, CORNEA_MM, through);
    float arriving = 0.0, mirrored = 0.0, onto_retina = 0.0;
    Spot here = spot(at, sclera);
    for (int i = 0; i < beams(); i++) {
        Beam light = beam(i, here, 1.0);
        float image = glint(film, view, light.towards, pixel_mm, curvature_mm) * mix(0.06, 1.0, through);
        arriving += light.strength * wrapped(dot(matt, light.towards), 0.25);
        mirrored += light.strength * open_to * (16.0 * image + 0.12 * shine(film, view, light.towards, 0.22, 0.025));
        onto_retina += light.strength * smoothstep(0.995, 0.9998, dot(light.towards, view));
    }
    // By day the windows stand in the cornea, bright to the sides and above.
    vec3 mirror = reflect(-view, film);
    mirrored += around.z * 0.03 * through * smoothstep(0.35, 0.6, abs(mirror.x)) * smoothstep(-0.15, 0.1, mirror.y);
    arriving = arriving * hollow(tone.x, 0.15) + ambient(matt) * tone.x;
    mirrored += person.w * onto_retina * 0.8 * hole * smoothstep(0.85, 0.97, -ray.z);
    finish(arriving, reflectance, mirrored, 0.0);
}
