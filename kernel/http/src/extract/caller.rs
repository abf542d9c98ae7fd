//! Who asks, as the gate has found out.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use kernel_auth::Caller;

use crate::layer::gate::{Address, Note};

/// Who asks.
#[derive(Debug)]
pub(crate) struct Who(pub(crate) Caller);

/// From where, and what to write down of it.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) address: String,
    pub(crate) note: Note,
}

impl<S: Send + Sync> FromRequestParts<S> for Who {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // Without a gate nobody is known, and nobody may anything.
        Ok(Self(parts.extensions.get::<Caller>().cloned().unwrap_or_else(Caller::nobody)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Told {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let address = parts.extensions.get::<Address>().map(|address| address.0.clone());
        let note = parts.extensions.get::<Note>().cloned();
        Ok(Self { address: address.unwrap_or_default(), note: note.unwrap_or_default() })
    }
}
