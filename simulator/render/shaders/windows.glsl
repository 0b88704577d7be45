// Where the sun gets in.
uniform sampler2DShadow shell;  // what the sun sees of the car's shell

const float SHELL_LIFT_MM = 5.0;  // the map is coarse

// 1 = the shell stands between here and the sun.
float shut_out(vec3 at, vec3 normal) {
    vec3 place = (shell_clip * vec4(at + normal * SHELL_LIFT_MM, 1.0)).xyz * 0.5 + 0.5;
    return 1.0 - texture(shell, clamp(place, 0.0, 1.0));
}
