//! What happens to every request before and after its handler.

pub(crate) mod answer_time;
pub(crate) mod gate;
pub(crate) mod host;
pub(crate) mod panic;
pub(crate) mod request_id;
