// Where no sun shines nothing need be looked up.
float shut_out(vec3 at, vec3 normal) { return 0.0; }
