//! How a type becomes the exports of a component.

/// Exports a type for one interface. The macros of the kinds use it.
#[doc(hidden)]
#[macro_export]
macro_rules! export_kind {
    ($interface:ident, $trait:path, $plugin:ty) => {
        $crate::export_kind!($interface, $interface, $trait, $plugin);
    };
    ($interface:ident, $module:ident, $trait:path, $plugin:ty) => {
        const _: () = {
            type Component = $crate::$module::Component<$plugin>;
            #[cfg(target_family = "wasm")]
            $crate::bindings::$interface::export!(
                Component with_types_in $crate::bindings::$interface
            );
            const fn is_one<T: $trait>() {}
            is_one::<$plugin>();
            let _ = ::core::marker::PhantomData::<Component>;
        };
    };
}
