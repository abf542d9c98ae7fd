//! How a plugin says what it is, without being run.

/// Puts a file of JSON into the binary as the plugin's manifest
/// ([`envelope::manifest::Manifest`](wit_envelope::manifest::Manifest)).
///
/// The path is relative to the file that calls the macro. The macro also makes a test that reads
/// the file as a manifest, and compares its name and version with those of the package.
///
/// With a type, its JSON Schema is the manifest's `config`: a test says when it is not, and puts it
/// there with `UPDATE_EXPECT=1 cargo test`.
///
/// ```ignore
/// tenon_sdk::manifest!("../manifest.json", config = Config);
/// ```
#[macro_export]
macro_rules! manifest {
    ($path:literal, config = $config:ty) => {
        $crate::manifest!($path);

        #[cfg(test)]
        #[test]
        fn the_manifest_has_the_schema_of_the_configuration() {
            let here = ::std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join($path);
            $crate::testing::check_config::<$config>(&here);
        }
    };
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
