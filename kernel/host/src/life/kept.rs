//! What bindings have kept: it goes with them, so that a later one of the name begins with nothing.

use std::sync::{Arc, PoisonError};

use kernel_ports::bucket::BucketError;
use kernel_ports::plugin_admin::PluginAdminError;

use crate::builder::{Host, Services};

impl Host {
    /// Removes the maps and buckets of a binding, in all projects.
    pub(super) async fn kept_clear(&self, binding: &str) -> Result<(), PluginAdminError> {
        let owner: Arc<str> = binding.into();
        for services in self.all_services() {
            services.kv.kv_clear(binding).await?;
            let cleared = services.buckets.bucket_clear(&owner).await;
            cleared.map_err(|err| match err {
                BucketError::Store(err) => PluginAdminError::Store(err),
                err => PluginAdminError::Refused { reason: err.to_string() },
            })?;
        }
        Ok(())
    }

    fn all_services(&self) -> Vec<Arc<Services>> {
        let projects = self.everywhere.lock().unwrap_or_else(PoisonError::into_inner);
        let projects = projects.iter().filter_map(std::sync::Weak::upgrade);
        std::iter::once(Arc::clone(&self.own)).chain(projects).collect()
    }
}
