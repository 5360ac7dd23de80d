//! How an attribute is declared: the struct, its keys with their rules, and the typed read, from one list.

/// Declares a struct of attributes.
///
/// Each line is a field, the rule of its attribute (see [`Rule`](crate::model::rule::Rule)) and, where the key is not the
/// field's name, the key in brackets; fields that are no attributes stand between `+ {` and `}`. What comes out: the struct with public fields and `extensions`, a static
/// [`Object`](crate::model::rule::Object) of the keys and rules, and the typed read.
macro_rules! record {
    (@key $field:ident) => { stringify!($field) };
    (@key $field:ident $key:literal) => { $key };
    (
        $(#[$meta:meta])*
        $visibility:vis struct $name:ident as $table:ident $(.$method:ident($($argument:expr),*))*
        $(+ { $($(#[$beside_meta:meta])* $beside:ident: $beside_type:ty,)* })?
        {
            $($(#[$field_meta:meta])* $field:ident $([$key:literal])?: $type:ty = $rule:expr,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default)]
        $visibility struct $name {
            $($($(#[$beside_meta])* pub $beside: $beside_type,)*)?
            $($(#[$field_meta])* pub $field: $type,)*
            /// Attributes of the user's own (`x-…`).
            pub extensions: $crate::model::by_name::Extensions,
        }

        pub(crate) static $table: $crate::model::rule::Object = {
            const FIELDS: &[$crate::model::rule::Field] =
                &[$($crate::model::rule::Field { key: record!(@key $field $($key)?), rule: $rule }),*];
            $crate::model::rule::Object::new(FIELDS)$(.$method($($argument),*))*
        };

        impl $name {
            /// Reads the attributes of `node` into this.
            #[allow(unused_assignments, reason = "the last field's index is counted past")]
            pub(crate) fn fill(&mut self, node: &::windlass_yaml::Node, context: &mut $crate::model::context::Context<'_>) {
                let Some(map) = node.as_map() else {
                    if !node.is_null() {
                        context.wrong_type(node, "a map");
                    }
                    return;
                };
                let mut extensions = Vec::new();
                for (key, value) in map.iter() {
                    let Some(found) = $table.find(key.as_str()) else {
                        if key.as_str().starts_with("x-") {
                            extensions.push($crate::model::by_name::Entry::new(key, value.clone()));
                        }
                        continue;
                    };
                    let mut index = 0;
                    $(
                        if found == index {
                            const KEY: &str = record!(@key $field $($key)?);
                            if let Some(read) = context.within(KEY, |context| $crate::model::read::Read::read(value, context)) {
                                self.$field = read;
                            }
                            continue;
                        }
                        index += 1;
                    )*
                }
                self.extensions = extensions.into_iter().collect();
            }
        }

        impl $crate::model::read::Read for $name {
            fn read(node: &::windlass_yaml::Node, context: &mut $crate::model::context::Context<'_>) -> Option<Self> {
                let mut record = Self::default();
                record.fill(node, context);
                Some(record)
            }

            #[allow(unused_assignments, reason = "the last field's index is counted past")]
            fn attempt(node: &::windlass_yaml::Node, context: &mut $crate::model::context::Context<'_>) {
                let Some(map) = node.as_map() else {
                    Self::read(node, context);
                    return;
                };
                for (found, value) in map.iter().filter_map(|(key, value)| Some(($table.find(key.as_str())?, value))) {
                    let mut index = 0;
                    $(
                        if found == index {
                            const KEY: &str = record!(@key $field $($key)?);
                            context.within(KEY, |context| <$type as $crate::model::read::Read>::attempt(value, context));
                        }
                        index += 1;
                    )*
                }
            }
        }
    };
}

/// Declares an enum of words. With `else Other` it keeps any other word as it is; without, another word is an error.
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $($(#[$word_meta:meta])* $word:ident = $text:literal,)* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$word_meta])* $word,)* }

        impl $name {
            /// The words as they are written.
            pub(crate) const WORDS: &[&str] = &[$($text),*];

            /// The word as it is written.
            pub fn as_str(&self) -> &str {
                match self { $(Self::$word => $text,)* }
            }
        }

        impl $crate::model::read::Read for $name {
            fn read(node: &::windlass_yaml::Node, context: &mut $crate::model::context::Context<'_>) -> Option<Self> {
                match node.as_str() {
                    $(Some($text) => Some(Self::$word),)*
                    _ => {
                        context.unreadable(node, &$crate::model::rule::one_of(Self::WORDS));
                        None
                    }
                }
            }
        }
    };
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $($(#[$word_meta:meta])* $word:ident = $text:literal,)* } else Other
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$word_meta])* $word,)*
            /// A word that Compose accepts without knowing it.
            Other(::smol_str::SmolStr),
        }

        impl $name {
            /// The word as it is written.
            pub fn as_str(&self) -> &str {
                match self { $(Self::$word => $text,)* Self::Other(text) => text }
            }
        }

        impl From<::smol_str::SmolStr> for $name {
            fn from(text: ::smol_str::SmolStr) -> Self {
                match text.as_str() { $($text => Self::$word,)* _ => Self::Other(text) }
            }
        }

        impl $crate::model::read::Read for $name {
            fn read(node: &::windlass_yaml::Node, context: &mut $crate::model::context::Context<'_>) -> Option<Self> {
                <::smol_str::SmolStr as $crate::model::read::Read>::read(node, context).map(Self::from)
            }

            fn attempt(node: &::windlass_yaml::Node, context: &mut $crate::model::context::Context<'_>) {
                <::smol_str::SmolStr as $crate::model::read::Read>::attempt(node, context);
            }
        }
    };
}

pub(crate) use {record, words};
