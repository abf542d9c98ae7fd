//! A key in a device, by way of a native plugin.

use std::ffi::c_void;
use std::fmt;
use std::ptr;
use std::sync::{Mutex, PoisonError};

use sdk_native::abi::{self, Buffer, Bytes};
use zeroize::Zeroizing;

use super::NativePlugin;
use crate::fault::clip;

/// No key of the server is longer, sealed or not.
const ANSWER_BYTES: usize = 128 * 1024;
const MESSAGE_BYTES: usize = 4 * 1024;

/// Why a native plugin did not do what it was asked. The message is its own.
#[derive(Debug, thiserror::Error)]
pub enum NativeFault {
    #[error("the native plugin {plugin:?} is no keyring")]
    NoKeyring { plugin: String },
    #[error("the keyring {plugin:?} is not configured well: {message}")]
    Invalid { plugin: String, message: String },
    #[error("the keyring {plugin:?} refuses: {message}")]
    Denied { plugin: String, message: String },
    #[error("the keyring {plugin:?} does not answer: {message}")]
    Unavailable { plugin: String, message: String },
    #[error("the keyring {plugin:?} cannot do this: {message}")]
    Unsupported { plugin: String, message: String },
    #[error("the keyring {plugin:?} failed: {message}")]
    Internal { plugin: String, message: String },
}

/// An open device.
pub struct NativeKeyring {
    plugin: NativePlugin,
    functions: Functions,
    /// One call at a time, as the header promises.
    instance: Mutex<Instance>,
}

#[derive(Clone, Copy)]
struct Functions {
    close: abi::Close,
    wrap: abi::Seal,
    unwrap: abi::Seal,
    buffer_free: unsafe extern "C" fn(Buffer),
}

struct Instance(*mut c_void);

// SAFETY: the header: an instance is used by one thread at a time, not always the same.
#[expect(unsafe_code, reason = "the library promises what the compiler cannot see")]
unsafe impl Send for Instance {}

impl NativePlugin {
    /// Opens the device with a configuration, a JSON object.
    pub fn keyring(&self, config: &str) -> Result<NativeKeyring, NativeFault> {
        let no_keyring = || NativeFault::NoKeyring { plugin: self.name.clone() };
        // SAFETY: the header: it is null, or lives as long as the process.
        #[expect(unsafe_code, reason = "the library says where its structure is")]
        let keyring = unsafe { self.plugin.keyring.as_ref() }.ok_or_else(no_keyring)?;
        if keyring.size < size_of::<abi::Keyring>() {
            return Err(no_keyring());
        }
        let (Some(open), Some(close), Some(wrap), Some(unwrap), Some(buffer_free)) =
            (keyring.open, keyring.close, keyring.wrap, keyring.unwrap, self.plugin.buffer_free)
        else {
            return Err(no_keyring());
        };
        let functions = Functions { close, wrap, unwrap, buffer_free };
        let (mut instance, mut error) = (ptr::null_mut(), Buffer::EMPTY);
        // SAFETY: the arguments are what the header asks for.
        #[expect(unsafe_code, reason = "a function of the library")]
        let status = unsafe { open(Bytes::lend(config.as_bytes()), &mut instance, &mut error) };
        let message = functions.take(error);
        if status != abi::OK {
            return Err(fault(&self.name, status, &message));
        }
        Ok(NativeKeyring {
            plugin: self.clone(),
            functions,
            instance: Mutex::new(Instance(instance)),
        })
    }
}

impl NativeKeyring {
    /// Returns the name of the plugin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.plugin.name
    }

    /// Seals a key. `name` is bound to it, and must be given again.
    pub fn wrap(&self, name: &str, key: &[u8]) -> Result<Vec<u8>, NativeFault> {
        self.seal(self.functions.wrap, name, key).map(|bytes| bytes.to_vec())
    }

    /// Opens what [`Self::wrap`] gave.
    pub fn unwrap(&self, name: &str, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, NativeFault> {
        self.seal(self.functions.unwrap, name, wrapped)
    }

    fn seal(
        &self,
        work: abi::Seal,
        name: &str,
        bytes: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, NativeFault> {
        let instance = self.instance.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut out, mut error) = (Buffer::EMPTY, Buffer::EMPTY);
        let (name, bytes) = (Bytes::lend(name.as_bytes()), Bytes::lend(bytes));
        // SAFETY: the instance is what `open` gave and was not closed; nobody else uses it now; the
        // other arguments are what the header asks for.
        #[expect(unsafe_code, reason = "a function of the library")]
        let status = unsafe { work(instance.0, name, bytes, &mut out, &mut error) };
        drop(instance);
        let (out, message) = (self.functions.take(out), self.functions.take(error));
        match status {
            abi::OK if out.len() > ANSWER_BYTES => {
                let message = format!("it gave {} bytes, more than any key has", out.len());
                Err(NativeFault::Internal { plugin: self.plugin.name.clone(), message })
            }
            abi::OK => Ok(out),
            status => Err(fault(&self.plugin.name, status, &message)),
        }
    }
}

impl Functions {
    /// Copies what the library gave, and gives it back.
    fn take(&self, buffer: Buffer) -> Zeroizing<Vec<u8>> {
        if buffer.data.is_null() {
            return Zeroizing::default();
        }
        let lent = Bytes { data: buffer.data, len: buffer.len };
        // SAFETY: the header: the buffer holds so many bytes until it is given back.
        #[expect(unsafe_code, reason = "the library says where its bytes are")]
        let bytes = Zeroizing::new(unsafe { lent.bytes() }.to_vec());
        // SAFETY: it came from this library, and is given back once.
        #[expect(unsafe_code, reason = "a function of the library")]
        unsafe {
            (self.buffer_free)(buffer);
        }
        bytes
    }
}

impl Drop for NativeKeyring {
    fn drop(&mut self) {
        let instance = self.instance.get_mut().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: it is what `open` gave, and nothing uses it after this.
        #[expect(unsafe_code, reason = "a function of the library")]
        unsafe {
            (self.functions.close)(instance.0);
        }
    }
}

impl fmt::Debug for NativeKeyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeKeyring").field("plugin", &self.plugin).finish_non_exhaustive()
    }
}

fn fault(plugin: &str, status: i32, message: &[u8]) -> NativeFault {
    let plugin = plugin.to_owned();
    let mut message = clip(String::from_utf8_lossy(message).into_owned(), MESSAGE_BYTES);
    if message.is_empty() {
        message = format!("it gave the status {status} and no reason");
    }
    match status {
        abi::INVALID => NativeFault::Invalid { plugin, message },
        abi::DENIED => NativeFault::Denied { plugin, message },
        abi::UNAVAILABLE => NativeFault::Unavailable { plugin, message },
        abi::UNSUPPORTED => NativeFault::Unsupported { plugin, message },
        _ => NativeFault::Internal { plugin, message },
    }
}
