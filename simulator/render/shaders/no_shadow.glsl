// For what lies too far from everything that throws shadows.
Beam beam(int i, Spot s, float lift) { return open_beam(i, s); }
