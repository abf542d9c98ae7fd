//! `tenon_native.h` in Rust. The header says what each item means.

use std::ffi::{c_char, c_void};

/// The version of the rules in the header.
pub const ABI: u32 = 1;
/// The one symbol that a library exports, ending with a zero.
pub const SYMBOL: &[u8] = b"tenon_native_plugin\0";

pub const OK: i32 = 0;
pub const INVALID: i32 = 1;
pub const DENIED: i32 = 2;
pub const UNAVAILABLE: i32 = 3;
pub const UNSUPPORTED: i32 = 4;
pub const INTERNAL: i32 = 5;

pub const LOG_DEBUG: i32 = 0;
pub const LOG_INFO: i32 = 1;
pub const LOG_WARN: i32 = 2;
pub const LOG_ERROR: i32 = 3;

/// Borrowed bytes.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Bytes {
    pub data: *const u8,
    pub len: usize,
}

/// Owned bytes.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Buffer {
    pub data: *mut u8,
    pub len: usize,
}

/// What the server offers.
#[repr(C)]
#[derive(Debug)]
pub struct Host {
    pub size: usize,
    pub abi_version: u32,
    pub log: Option<extern "C" fn(level: i32, message: Bytes)>,
}

/// The function that opens an instance.
pub type Open = unsafe extern "C" fn(Bytes, *mut *mut c_void, *mut Buffer) -> i32;
/// The function that ends an instance.
pub type Close = unsafe extern "C" fn(*mut c_void);
/// The functions that seal and open.
pub type Seal = unsafe extern "C" fn(*mut c_void, Bytes, Bytes, *mut Buffer, *mut Buffer) -> i32;

/// A key that seals the keys of the server.
#[repr(C)]
#[derive(Debug)]
pub struct Keyring {
    pub size: usize,
    pub open: Option<Open>,
    pub close: Option<Close>,
    pub wrap: Option<Seal>,
    pub unwrap: Option<Seal>,
}

/// What a library is.
#[repr(C)]
#[derive(Debug)]
pub struct Plugin {
    pub size: usize,
    pub abi_version: u32,
    pub name: *const c_char,
    pub version: *const c_char,
    pub buffer_free: Option<unsafe extern "C" fn(Buffer)>,
    pub keyring: *const Keyring,
}

// SAFETY: it is data that lives as long as the process and is never changed.
#[expect(unsafe_code, reason = "pointers are not shared between threads by themselves")]
unsafe impl Sync for Plugin {}

/// The symbol.
pub type Entry = unsafe extern "C" fn(*const Host) -> *const Plugin;

impl Buffer {
    /// No bytes.
    pub const EMPTY: Self = Self { data: std::ptr::null_mut(), len: 0 };
}
