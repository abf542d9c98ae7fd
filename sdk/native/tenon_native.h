/*
 * The boundary between Tenon and a native plugin: a shared library that is loaded into the server.
 *
 * A native plugin is for what WebAssembly cannot reach, such as a device that holds a key. It has
 * all rights of the server, so each is named by the operator with the SHA-256 of its file.
 *
 * Rules
 * - The library exports one symbol, `tenon_native_plugin`. It is called once, and the library is
 *   never unloaded.
 * - Structures begin with their size, as the side knew it that filled them in. They only ever grow
 *   at the end: a field is there when the size covers it. `TENON_NATIVE_ABI` changes when that is
 *   not enough, and then the other side refuses.
 * - `tenon_bytes` is borrowed: valid until the function returns, never NULL when `len` is not 0.
 * - `tenon_buffer` is owned: the plugin fills it in, and the host gives it back, once, to
 *   `buffer_free`, which clears it before it is freed, as it may hold a key. {NULL, 0} is empty and
 *   is not given back. The host sets it to {NULL, 0} before each call.
 * - A function that does not return TENON_OK fills `error` with one sentence in UTF-8 for a person:
 *   lower case, no full stop, names the thing and the way out; never a secret.
 * - An instance is used by one thread at a time, not always the same.
 * - No exception, panic or longjmp may leave a function.
 */
#ifndef TENON_NATIVE_H
#define TENON_NATIVE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of these rules. */
#define TENON_NATIVE_ABI 1u

/* What a function returns. A plugin may return other numbers; they count as TENON_INTERNAL. */
#define TENON_OK 0
/* The configuration or the input is wrong. */
#define TENON_INVALID 1
/* The device refuses: a wrong PIN, bytes that were changed or sealed with another key. */
#define TENON_DENIED 2
/* The device does not answer, or is not there. */
#define TENON_UNAVAILABLE 3
/* The plugin cannot do this. */
#define TENON_UNSUPPORTED 4
/* A bug in the plugin. */
#define TENON_INTERNAL 5

/* Levels of the log. */
#define TENON_LOG_DEBUG 0
#define TENON_LOG_INFO 1
#define TENON_LOG_WARN 2
#define TENON_LOG_ERROR 3

typedef struct tenon_bytes {
    const uint8_t *data;
    size_t len;
} tenon_bytes;

typedef struct tenon_buffer {
    uint8_t *data;
    size_t len;
} tenon_buffer;

/* What the server offers. It lives as long as the process. */
typedef struct tenon_native_host {
    size_t size;
    uint32_t abi_version;
    /* Writes one line of UTF-8 into the server's log. May be called from any thread. */
    void (*log)(int32_t level, tenon_bytes message);
} tenon_native_host;

/* A key that seals the keys of the server, and that never leaves its device. */
typedef struct tenon_native_keyring {
    size_t size;
    /* Opens the device. `config` is a JSON object, as the operator wrote it. */
    int32_t (*open)(tenon_bytes config, void **instance, tenon_buffer *error);
    /* Ends an instance. Called once, and nothing after it. */
    void (*close)(void *instance);
    /* Seals a key of at most 64 KiB. `name` is bound to it, and must be given again. */
    int32_t (*wrap)(void *instance, tenon_bytes name, tenon_bytes key, tenon_buffer *wrapped,
                    tenon_buffer *error);
    /* Opens what `wrap` gave. */
    int32_t (*unwrap)(void *instance, tenon_bytes name, tenon_bytes wrapped, tenon_buffer *key,
                      tenon_buffer *error);
} tenon_native_keyring;

/* What the library is. It lives as long as the process. */
typedef struct tenon_native_plugin {
    size_t size;
    uint32_t abi_version;
    /* Texts in UTF-8 that end with a zero. */
    const char *name;
    const char *version;
    void (*buffer_free)(tenon_buffer buffer);
    /* NULL when it is no keyring. */
    const tenon_native_keyring *keyring;
} tenon_native_plugin_info;

/* The symbol. NULL: the plugin cannot work with this host. */
const tenon_native_plugin_info *tenon_native_plugin(const tenon_native_host *host);

#ifdef __cplusplus
}
#endif

#endif
