// Camera, light and look: written by frame.py, value by value. Lengths in mm, places in the seat frame.
// Lamps, sun and headlights are all beams: those of parallel light come from very far away.
layout(std140) uniform Frame {
    mat4 clip;             // seat frame -> clip space
    vec4 eye;              // the camera's place; w: a drawn pixel's width at 1 mm
    vec4 beam_at[6];       // place; w: strength * mm^2
    vec4 beam_aim[6];      // axis; w: how narrow its lobe is, 0 = no lobe
    vec4 beam_more[6];     // x: depth of the stripes in it, y: how much its shadow map counts, z: which map,
                           // w: 1 = it comes from outside, through the windows
    mat4 shadow_clip[4];   // seat frame -> clip space of each shadow map
    mat4 shell_clip;       // and of the map of the car's shell
    vec4 stripe;           // unit vector across the stripes; w: stripes per mm
    vec4 around;           // x: phase of the stripes, y: ambient, z: sky
    vec4 person;           // x: oiliness, y: iris reflectance, z: pupil radius in mm, w: 1 = bright pupil
    vec4 counts;           // x: beams, y: the first of parallel light
};
