//! The double of `secret-store` and `secret-reveal`: values that the test has set.

use super::HostResult;
use crate::error::Error;

#[derive(Debug)]
pub(crate) struct Secret {
    name: String,
}

pub(crate) fn get(name: &str) -> HostResult<Secret> {
    value(name)?;
    Ok(Secret { name: name.to_owned() })
}

pub(crate) fn reveal(secret: &Secret) -> HostResult<String> {
    value(&secret.name)
}

impl Secret {
    pub(crate) fn name(&self) -> String {
        self.name.clone()
    }

    pub(crate) fn reference(&self) -> String {
        format!("((secret:{}))", self.name)
    }
}

fn value(name: &str) -> HostResult<String> {
    super::with(|host| host.secrets.get(name).cloned())
        .ok_or_else(|| Error::not_found(format!("there is no secret {name:?}")).into())
}
