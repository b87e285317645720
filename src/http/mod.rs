//! What comes in over HTTP before any handler looks at it: connections, who may send, bodies.

pub mod body;
pub mod connections;
pub mod origin;
