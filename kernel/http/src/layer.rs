//! What happens to every request before and after its handler.

pub(crate) mod answer_time;
pub(crate) mod client;
pub(crate) mod gate;
pub(crate) mod guard;
pub(crate) mod host;
pub(crate) mod origin;
pub(crate) mod panic;
pub(crate) mod project;
pub(crate) mod rate;
pub(crate) mod request_id;
