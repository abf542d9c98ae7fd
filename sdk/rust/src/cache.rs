//! Plugins that know where keyed archives are.

use std::fmt::Debug;
use std::marker::PhantomData;

use wit_envelope::cache::{
    CacheCommit, CacheEntries, CacheHit, CacheKey, CacheList, CacheOffer, CachePlace, CachePrune,
    CachePruned, CacheQuery,
};

use crate::answer::{Done, answer};
use crate::bindings::cache::exports::tenon::plugin::cache::Guest;
use crate::bindings::imports::tenon::plugin::types;
use crate::error::Result;

/// Says where archives are; the kernel moves their bytes.
pub trait Cache {
    /// Looks for an archive. A miss is the default answer, not an error.
    fn find(query: CacheQuery) -> Result<CacheHit>;

    /// Says where a new archive goes; without transfer it is there already.
    fn offer(offer: CacheOffer) -> Result<CachePlace>;

    /// Notes that the bytes have arrived, so that the archive can be found. Twice is no error.
    fn commit(commit: CacheCommit) -> Result<()>;

    /// Forgets an archive. What is not there is no error.
    fn remove(key: CacheKey) -> Result<()>;

    /// Lists archives by key.
    fn list(list: CacheList) -> Result<CacheEntries>;

    /// Forgets what is too old or too much, oldest use first.
    fn prune(prune: CachePrune) -> Result<CachePruned>;
}

/// A cache plugin in the words of the contract; [`export_cache!`](crate::export_cache) uses it.
#[doc(hidden)]
#[derive(Debug)]
pub struct Component<T>(PhantomData<T>);

impl<T: Cache> Guest for Component<T> {
    fn find(request: String) -> Result<String, types::Error> {
        answer(&request, T::find)
    }

    fn offer(request: String) -> Result<String, types::Error> {
        answer(&request, T::offer)
    }

    fn commit(request: String) -> Result<String, types::Error> {
        answer(&request, |request| T::commit(request).map(|()| Done {}))
    }

    fn remove(request: String) -> Result<String, types::Error> {
        answer(&request, |request| T::remove(request).map(|()| Done {}))
    }

    fn list(request: String) -> Result<String, types::Error> {
        answer(&request, T::list)
    }

    fn prune(request: String) -> Result<String, types::Error> {
        answer(&request, T::prune)
    }
}

/// Exports a type that implements [`Cache`].
#[macro_export]
macro_rules! export_cache {
    ($plugin:ty) => {
        $crate::export_kind!(cache, $crate::Cache, $plugin);
    };
}
