//! What identity plugins share: the authorization code flow of OAuth 2, and on top of it OpenID
//! Connect with its signed tokens.
//!
//! It is no plugin itself: a plugin is a provider's names for things, and this the way there.
//!
//! Invariants:
//! - Fails closed: an answer that is not understood lets nobody in.
//! - A client secret and a token are in no error, and in no address.

pub mod code;
pub mod jwt;
pub mod oidc;

mod text;

pub use code::{Client, ClientAuth, Token};
pub use text::{escaped, form, texts};
