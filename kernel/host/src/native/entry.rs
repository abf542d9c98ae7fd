//! Loads a library from sealed memory, and reads what it says of itself.

use std::ffi::{CStr, c_char};
use std::os::fd::{AsRawFd as _, IntoRawFd as _};
use std::path::Path;

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use sdk_native::abi;

use super::file::Sealed;
use super::{NativeError, NativePlugin};

/// A line of a library's log that is longer is cut.
const LINE_BYTES: usize = 8 * 1024;

/// What the server offers to libraries.
static HOST: abi::Host =
    abi::Host { size: size_of::<abi::Host>(), abi_version: abi::ABI, log: Some(log) };

/// Loads the library and asks it what it is.
pub(super) fn load(path: &Path, sealed: Sealed) -> Result<NativePlugin, NativeError> {
    let Sealed { memory, digest } = sealed;
    let name = format!("/proc/self/fd/{}", memory.as_raw_fd());
    // SAFETY: loading runs the library's own code, with all rights of the server. That is what the
    // operator allowed, by the digest of exactly these bytes, which are sealed.
    #[expect(unsafe_code, reason = "this is what a native plugin is")]
    let library = unsafe { Library::open(Some(&name), RTLD_NOW | RTLD_LOCAL) };
    let library = library.map_err(|err| {
        // The name of the memory says nothing to anybody.
        let reason = err.to_string().replace(&format!("{name}: "), "");
        NativeError::Load { path: path.to_owned(), reason }
    })?;
    // The loader tells libraries apart by name: this one must not be given to another.
    let _ = memory.into_raw_fd();
    // Never unloaded: its threads and exit functions would be left without their code.
    let library: &'static Library = Box::leak(Box::new(library));
    // SAFETY: the header gives the symbol this type.
    #[expect(unsafe_code, reason = "a symbol has no type")]
    let entry = unsafe { library.get::<abi::Entry>(abi::SYMBOL) };
    let entry = entry.map_err(|_| NativeError::NoEntry { path: path.to_owned() })?;
    // SAFETY: the header: it is called once, with the host's structure, which lives for ever.
    #[expect(unsafe_code, reason = "a function of the library")]
    let said = unsafe { entry(&raw const HOST) };
    let plugin = read(path, said)?;
    Ok(NativePlugin {
        plugin,
        name: text(path, plugin.name)?,
        version: text(path, plugin.version)?,
        digest,
    })
}

/// Checks what the library gave, the version before all that depends on it.
fn read(path: &Path, said: *const abi::Plugin) -> Result<&'static abi::Plugin, NativeError> {
    let damaged = |reason| NativeError::Damaged { path: path.to_owned(), reason };
    if said.is_null() {
        return Err(NativeError::Refused { path: path.to_owned() });
    }
    if !said.is_aligned() {
        return Err(damaged("its description is not aligned"));
    }
    // SAFETY: the header: in every version the structure begins with its size and its version, and
    // it lives as long as the process.
    #[expect(unsafe_code, reason = "the library says where its structure is")]
    let (size, version) =
        unsafe { ((&raw const (*said).size).read(), (&raw const (*said).abi_version).read()) };
    if version != abi::ABI {
        let known = abi::ABI;
        return Err(NativeError::Version { path: path.to_owned(), found: version, known });
    }
    if size < size_of::<abi::Plugin>() {
        return Err(damaged("its description is shorter than its version says"));
    }
    // SAFETY: it is there as a whole, as its size says.
    #[expect(unsafe_code, reason = "the library says where its structure is")]
    let plugin = unsafe { &*said };
    if plugin.buffer_free.is_none() {
        return Err(damaged("it has no buffer_free"));
    }
    Ok(plugin)
}

fn text(path: &Path, text: *const c_char) -> Result<String, NativeError> {
    if text.is_null() {
        let reason = "it has no name or no version";
        return Err(NativeError::Damaged { path: path.to_owned(), reason });
    }
    // SAFETY: the header: it ends with a zero, and lives as long as the process.
    #[expect(unsafe_code, reason = "the library says where its text is")]
    let text = unsafe { CStr::from_ptr(text) };
    Ok(text.to_string_lossy().into_owned())
}

/// Writes a line of a library into the server's log.
extern "C" fn log(level: i32, message: abi::Bytes) {
    // SAFETY: the header: the bytes are valid for the time of the call.
    #[expect(unsafe_code, reason = "the library lends its bytes")]
    let message = unsafe { message.bytes() };
    let message = String::from_utf8_lossy(&message[..message.len().min(LINE_BYTES)]);
    match level {
        abi::LOG_ERROR => tracing::error!("native plugin: {message}"),
        abi::LOG_WARN => tracing::warn!("native plugin: {message}"),
        abi::LOG_INFO => tracing::info!("native plugin: {message}"),
        _ => tracing::debug!("native plugin: {message}"),
    }
}
