//! Keyrings: what authors implement, and how the host calls it.

use std::ffi::c_void;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::abi::{self, Buffer, Bytes};

/// A key that seals the keys of the server, and that never leaves its device.
pub trait Keyring: Sized + Send + 'static {
    /// Opens the device. `config` is a JSON object, as the operator wrote it.
    fn open(config: &str) -> Result<Self, Failure>;

    /// Seals a key. `name` is bound to it, and must be given again.
    fn wrap(&mut self, name: &[u8], key: &[u8]) -> Result<Vec<u8>, Failure>;

    /// Opens what `wrap` gave.
    fn unwrap(&mut self, name: &[u8], wrapped: &[u8]) -> Result<Vec<u8>, Failure>;
}

/// Why a function did not succeed. `message` is one sentence for a person, never a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub reason: Reason,
    pub message: String,
}

/// The kinds of failures that the host tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The configuration or the input is wrong.
    Invalid,
    /// The device refuses.
    Denied,
    /// The device does not answer, or is not there.
    Unavailable,
    /// The plugin cannot do this.
    Unsupported,
    /// A bug in the plugin.
    Internal,
}

impl Failure {
    /// A failure with its sentence.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl Reason {
    fn status(self) -> i32 {
        match self {
            Self::Invalid => abi::INVALID,
            Self::Denied => abi::DENIED,
            Self::Unavailable => abi::UNAVAILABLE,
            Self::Unsupported => abi::UNSUPPORTED,
            Self::Internal => abi::INTERNAL,
        }
    }
}

/// The functions of a keyring in the words of the header.
#[derive(Debug)]
pub struct Vtable<K>(std::marker::PhantomData<K>);

#[expect(unsafe_code, reason = "the host calls with pointers, by the rules of the header")]
impl<K: Keyring> Vtable<K> {
    /// The structure that a plugin exports.
    pub const KEYRING: abi::Keyring = abi::Keyring {
        size: size_of::<abi::Keyring>(),
        open: Some(Self::open),
        close: Some(Self::close),
        wrap: Some(Self::wrap),
        unwrap: Some(Self::unwrap),
    };

    unsafe extern "C" fn open(
        config: Bytes,
        instance: *mut *mut c_void,
        error: *mut Buffer,
    ) -> i32 {
        // SAFETY: the header: bytes are valid for the time of the call.
        let config = unsafe { config.bytes() };
        let opened = guarded(|| {
            let config = std::str::from_utf8(config)
                .map_err(|_| Failure::new(Reason::Invalid, "the configuration is not utf-8"))?;
            K::open(config)
        });
        match opened {
            Ok(keyring) => {
                // SAFETY: the header: `instance` points to where it is to be put.
                unsafe { *instance = Box::into_raw(Box::new(keyring)).cast() };
                abi::OK
            }
            // SAFETY: the header: `error` is an empty buffer to fill in.
            Err(failure) => unsafe { fail(failure, error) },
        }
    }

    unsafe extern "C" fn close(instance: *mut c_void) {
        // SAFETY: the header: it is what `open` gave, once.
        let keyring = unsafe { Box::from_raw(instance.cast::<K>()) };
        // A panic has nobody to be told to.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(keyring)));
    }

    unsafe extern "C" fn wrap(
        instance: *mut c_void,
        name: Bytes,
        key: Bytes,
        wrapped: *mut Buffer,
        error: *mut Buffer,
    ) -> i32 {
        // SAFETY: as the header says of these arguments.
        unsafe { seal(K::wrap, instance, (name, key), wrapped, error) }
    }

    unsafe extern "C" fn unwrap(
        instance: *mut c_void,
        name: Bytes,
        wrapped: Bytes,
        key: *mut Buffer,
        error: *mut Buffer,
    ) -> i32 {
        // SAFETY: as the header says of these arguments.
        unsafe { seal(K::unwrap, instance, (name, wrapped), key, error) }
    }
}

/// `wrap` or `unwrap`.
type Work<K> = fn(&mut K, &[u8], &[u8]) -> Result<Vec<u8>, Failure>;

#[expect(unsafe_code, reason = "the host calls with pointers, by the rules of the header")]
unsafe fn seal<K>(
    work: Work<K>,
    instance: *mut c_void,
    (name, bytes): (Bytes, Bytes),
    out: *mut Buffer,
    error: *mut Buffer,
) -> i32 {
    // SAFETY: the header: it is what `open` gave, used by one thread at a time; bytes are valid
    // for the time of the call.
    let (keyring, name, bytes) =
        unsafe { (&mut *instance.cast::<K>(), name.bytes(), bytes.bytes()) };
    match guarded(|| work(keyring, name, bytes)) {
        Ok(made) => {
            // SAFETY: the header: `out` is an empty buffer to fill in.
            unsafe { *out = Buffer::give(made) };
            abi::OK
        }
        // SAFETY: the header: `error` is an empty buffer to fill in.
        Err(failure) => unsafe { fail(failure, error) },
    }
}

/// Calls the author's code; a panic must not leave the library.
fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(Failure::new(Reason::Internal, "the plugin panicked (a bug in it)"))
    })
}

#[expect(unsafe_code, reason = "the host calls with pointers, by the rules of the header")]
unsafe fn fail(failure: Failure, error: *mut Buffer) -> i32 {
    // SAFETY: the caller says that it is an empty buffer to fill in.
    unsafe { *error = Buffer::give(failure.message.into_bytes()) };
    failure.reason.status()
}

/// Exports a type that implements [`Keyring`] as the plugin of this library, with the name and
/// version of its package.
#[macro_export]
macro_rules! export_keyring {
    ($keyring:ty, $name:literal) => {
        const _: () = {
            static KEYRING: $crate::abi::Keyring = <$crate::Vtable<$keyring>>::KEYRING;
            static PLUGIN: $crate::abi::Plugin = $crate::abi::Plugin {
                size: ::std::mem::size_of::<$crate::abi::Plugin>(),
                abi_version: $crate::abi::ABI,
                name: concat!($name, "\0").as_ptr().cast(),
                version: concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast(),
                buffer_free: Some($crate::buffer_free),
                keyring: &raw const KEYRING,
            };

            #[expect(unsafe_code, reason = "the one symbol that the host looks for")]
            #[unsafe(no_mangle)]
            extern "C" fn tenon_native_plugin(
                _host: *const $crate::abi::Host,
            ) -> *const $crate::abi::Plugin {
                &raw const PLUGIN
            }
        };
    };
}
