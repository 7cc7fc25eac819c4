//! Values that programs know by name.

/// An enum whose variants have names, which stand beside them and nowhere else.
macro_rules! named {
    (
        $(#[$about:meta])*
        pub enum $Name:ident { $($(#[$of:meta])* $variant:ident = $name:literal,)+ }
    ) => {
        $(#[$about])*
        pub enum $Name {
            $($(#[$of])* $variant,)+
        }

        impl $Name {
            /// Its name, the same in every format.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

pub(crate) use named;
