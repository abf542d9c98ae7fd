//! The one table of what an operator can set: key, flag, variable, default, help, validation,
//! secrecy, and the names that the setting has in the systems that we replace.
//!
//! Everything else comes from the table: the flags of `tenon server`, `tenon config`, the reference
//! page, the page for those who come from elsewhere, and the schema of the file.
//!
//! Invariants:
//! - Nothing is known here of the command line's parser, the engine, or any store: the table is data.
//! - A value is looked at once, here. What [`Settings::get`] returns has been validated.
//! - The value of a secret is in no error, no note, and no `Debug`.

mod checks;
mod file;
mod kind;
mod mistake;
mod page;
mod resolve;
mod schema;
mod setting;
mod setting_names;
mod settings;
mod system;
pub mod table;
mod value;

pub use file::{Document, FILES, FileError};
pub use kernel_model::network::{Cidr, Destination};
pub use kernel_model::selection::Selection;
pub use kind::{Kind, duration, size};
pub use mistake::{Mistake, Mistakes};
pub use page::{coming_from, configuration};
pub use resolve::{Given, GivenFlag, resolve};
pub use schema::schema;
pub use setting::{Effect, Setting};
pub use settings::{Bug, Note, Origin, Settings};
pub use system::{ForeignFlag, foreign_flags};
pub use value::{Read, Value};
