//! How a plugin says what it is, without being run.

/// Puts a file of JSON into the binary as the plugin's manifest
/// ([`envelope::manifest::Manifest`](wit_envelope::manifest::Manifest)).
///
/// The path is relative to the file that calls the macro. The macro also makes a test that reads
/// the file as a manifest, and compares its name and version with those of the package.
///
/// ```ignore
/// tenon_sdk::manifest!("../manifest.json");
/// ```
#[macro_export]
macro_rules! manifest {
    ($path:literal) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            const JSON: &[u8] = include_bytes!($path);
            // Nothing in the program refers to the section: it is data about the program.
            #[used]
            #[unsafe(link_section = "tenon:manifest")]
            static MANIFEST: [u8; JSON.len()] = *include_bytes!($path);
        };

        #[cfg(test)]
        #[test]
        fn the_manifest_describes_this_package() {
            $crate::testing::check_manifest(
                include_str!($path),
                env!("CARGO_PKG_NAME"),
                env!("CARGO_PKG_VERSION"),
            );
        }
    };
}
