//! What a crate names, module by module: its files are parsed whole, and the tokens of every item gone through, so that
//! macros and attributes are read like the rest.

use std::collections::BTreeMap;
use std::mem;

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, File, Item, ItemEnum, ItemMacro, ItemMod, ItemStruct, ItemTrait, ItemType, ItemUnion, ItemUse,
    Lit, LitStr, Meta, Path, Token, UseTree,
};

/// The source files of a package, by path from its root.
pub(crate) type Files = BTreeMap<String, String>;

/// The modules of a crate with what each names, by path: first the name of the crate.
pub(crate) type Modules = BTreeMap<Vec<String>, Vec<Name>>;

/// Something named in a module.
#[derive(Debug)]
pub(crate) struct Name {
    pub(crate) what: What,
    pub(crate) file: String,
    pub(crate) line: usize,
    /// Under `#[cfg(test)]`.
    pub(crate) test: bool,
}

/// A path is as in the source, without `r#` and generic arguments. `::` stands first where it begins so, `*` last for
/// all that is in it, `$` last for what cannot be told there, as in a macro.
#[derive(Debug)]
pub(crate) enum What {
    /// Of two segments or more, outside `use`.
    Path(Vec<String>),
    /// By a `use`, under this name; a glob has none.
    Import(Vec<String>, Option<String>),
    /// A macro that is called.
    Macro(Vec<String>),
    /// A method that is called.
    Method(String),
    /// A value whose field `0` is taken, or a type that is put together or taken apart as `Name(…)`.
    First(String),
    /// A type or a trait that is declared.
    Type(String),
    /// A macro that is defined.
    Rules(String),
    /// A string literal.
    Text(String),
    /// A `..` or a `_` of a pattern that stands for all the rest.
    Rest,
    /// What cannot be looked through, and why.
    Opaque(&'static str),
}

/// Reads the module `at` from `file`, and every module that it declares.
pub(crate) fn read(files: &Files, at: &[&str], file: &str) -> Modules {
    let at = at.iter().map(|&name| name.to_owned()).collect();
    let mut reader = Reader {
        files,
        modules: Modules::new(),
        at,
        file: String::new(),
        test: false,
        in_macro: false,
        in_call: false,
    };
    reader.file(file);
    reader.modules
}

struct Reader<'a> {
    files: &'a Files,
    modules: Modules,
    /// Where it is: module and file; whether under `#[cfg(test)]`, in the definition of a macro, in the brackets of a call
    /// or an index.
    at: Vec<String>,
    file: String,
    test: bool,
    in_macro: bool,
    in_call: bool,
}

impl Reader<'_> {
    fn file(&mut self, path: &str) {
        let text = self.files.get(path).unwrap_or_else(|| panic!("{path} is declared and not there"));
        let file: File = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let outer = mem::replace(&mut self.file, path.to_owned());
        self.module(&file.attrs, &file.items);
        self.file = outer;
    }

    fn module(&mut self, attributes: &[Attribute], items: &[Item]) {
        self.modules.entry(self.at.clone()).or_default();
        self.below(attributes.iter().any(|attribute| is_test(&attribute.meta)), |reader| {
            reader.all(attributes);
            items.iter().for_each(|item| reader.item(item));
        });
    }

    /// Reads what is for tests only, or may be.
    fn below(&mut self, is_test: bool, read: impl FnOnce(&mut Self)) {
        let outer = self.test;
        self.test |= is_test;
        read(self);
        self.test = outer;
    }

    fn all<T: ToTokens>(&mut self, parts: &[T]) {
        parts.iter().for_each(|part| self.scan(part.to_token_stream()));
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Mod(module) => {
                self.at.push(plain(&module.ident));
                let is_test = module.attrs.iter().any(|attribute| is_test(&attribute.meta));
                self.below(is_test, |reader| reader.declared(module));
                self.at.pop();
            }
            // Some of its functions may be for tests only.
            Item::Impl(block) => {
                let is_test = block.attrs.iter().any(|attribute| is_test(&attribute.meta));
                self.below(is_test, |reader| {
                    reader.all(&block.attrs);
                    reader.scan(block.generics.to_token_stream());
                    reader.scan(block.generics.where_clause.to_token_stream());
                    reader.all(block.trait_.as_ref().map(|(path, _)| path).as_slice());
                    reader.scan(block.self_ty.to_token_stream());
                    block.items.iter().for_each(|item| reader.whole(item.to_token_stream()));
                });
            }
            other => {
                if let Item::Enum(ItemEnum { ident, .. })
                | Item::Struct(ItemStruct { ident, .. })
                | Item::Trait(ItemTrait { ident, .. })
                | Item::Type(ItemType { ident, .. })
                | Item::Union(ItemUnion { ident, .. }) = other
                {
                    self.push(ident.span(), What::Type(plain(ident)));
                }
                if let Item::Macro(ItemMacro { ident: Some(ident), .. }) = other {
                    self.push(ident.span(), What::Rules(plain(ident)));
                }
                self.whole(other.to_token_stream());
            }
        }
    }

    fn declared(&mut self, module: &ItemMod) {
        if let Some((_, items)) = &module.content {
            return self.module(&module.attrs, items);
        }
        for attribute in &module.attrs {
            let (name, tokens) = (attribute.path(), attribute.to_token_stream());
            let may_be_path = name.is_ident("cfg_attr") && tokens.to_string().contains("path =");
            if name.is_ident("path") || may_be_path {
                let span = module.ident.span();
                self.push(span, What::Opaque("#[path] puts a module where its name does not say"));
            }
            self.scan(tokens);
        }
        self.file(&format!("src/{}.rs", self.at[1..].join("/")));
    }

    /// An item with its attributes.
    fn whole(&mut self, tokens: TokenStream) {
        let mut is_for_tests = false;
        let mut begin = tokens.clone().into_iter();
        while let (Some(TokenTree::Punct(hash)), Some(TokenTree::Group(group))) = (begin.next(), begin.next())
            && hash.as_char() == '#'
        {
            is_for_tests |= syn::parse2(group.stream()).is_ok_and(|attribute| is_test(&attribute));
        }
        self.below(is_for_tests, |reader| reader.scan(tokens));
    }

    fn push(&mut self, span: Span, what: What) {
        let line = span.start().line;
        let name = Name { what, file: self.file.clone(), line, test: self.test };
        self.modules.entry(self.at.clone()).or_default().push(name);
    }

    fn scan(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let t = Tokens(&tokens);
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let is_global = t.colons(at) && t.ident(at + 2).is_some() && !t.ends_generics(at);
            let is_given = t.punct(at, '$') && t.ident(at + 1).is_some_and(|name| name != "crate");
            at = match token {
                TokenTree::Group(group) if t.is_attribute(at) => self.attribute(group, at),
                TokenTree::Group(group) => {
                    let outer = (self.in_macro, self.in_call);
                    self.in_macro |= at > 2 && t.punct(at - 2, '!') && t.ident(at - 3).is_some();
                    self.in_call = t.is_call(at);
                    self.scan(group.stream());
                    (self.in_macro, self.in_call) = outer;
                    at + 1
                }
                TokenTree::Literal(literal) => {
                    if let Lit::Str(text) = Lit::new(literal.clone()) {
                        self.push(literal.span(), What::Text(text.value()));
                    }
                    at + 1
                }
                TokenTree::Ident(ident) if *ident == "use" => self.import(t, at).unwrap_or(at + 1),
                TokenTree::Ident(_) => self.path(t, at),
                TokenTree::Punct(_) if is_global || is_given && (t.colons(at + 2) || t.calls(at + 2)) => {
                    self.path(t, at)
                }
                TokenTree::Punct(dot) => {
                    let begins = at == 0 && !self.in_call || t.is_before(at, ",");
                    if begins && t.punct(at, '.') && t.punct(at + 1, '.') {
                        self.push(dot.span(), What::Rest);
                    }
                    at + 1
                }
            };
        }
    }

    fn attribute(&mut self, group: &Group, at: usize) -> usize {
        let inside: Vec<_> = group.stream().into_iter().collect();
        let name = Tokens(&inside).ident(0).unwrap_or_default();
        // Names of lints and of tools are no paths.
        let names_lints =
            ["allow", "expect", "warn", "deny", "forbid", "rustfmt", "clippy"].contains(&&*name);
        let is_comment = name == "doc" && inside.len() == 3;
        if !names_lints && !is_comment {
            // Texts can be paths: `#[serde(with = "…")]`.
            for text in texts(group.stream()) {
                if let Ok(path) = text.parse_with(Path::parse_mod_style) {
                    self.scan(path.to_token_stream());
                }
            }
            self.scan(group.stream());
        }
        at + 1
    }

    /// A `use`, which may stand anywhere; the place behind it.
    fn import(&mut self, t: Tokens<'_>, at: usize) -> Option<usize> {
        let end = (at..t.0.len()).find(|at| t.punct(*at, ';'))?;
        let tokens: TokenStream = t.0[at..=end].iter().cloned().collect();
        let Ok(import) = syn::parse2::<ItemUse>(tokens) else {
            let is_given =
                |at: &usize| t.punct(*at, '$') && t.ident(at + 1).is_some_and(|name| name != "crate");
            if (at..end).any(|at| is_given(&at)) {
                self.push(t.0[at].span(), What::Opaque("a use of what only the call of a macro says"));
            }
            return None;
        };
        let path = import.leading_colon.map(|_| "::".to_owned()).into_iter().collect();
        self.tree(path, &import.tree);
        Some(end + 1)
    }

    fn tree(&mut self, mut path: Vec<String>, tree: &UseTree) {
        let (ident, binding) = match tree {
            UseTree::Path(tree) => {
                path.push(plain(&tree.ident));
                return self.tree(path, &tree.tree);
            }
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.tree(path.clone(), tree));
            }
            UseTree::Glob(glob) => {
                path.push("*".to_owned());
                return self.push(glob.star_token.spans[0], What::Import(path, None));
            }
            UseTree::Name(name) => (&name.ident, plain(&name.ident)),
            UseTree::Rename(tree) => (&tree.ident, plain(&tree.rename)),
        };
        if ident != "self" || path.is_empty() {
            path.push(plain(ident));
        }
        let binding = if binding == "self" { path.last().cloned() } else { Some(binding) };
        self.push(ident.span(), What::Import(path, binding));
    }

    /// The path that begins at `at`, and what is done with it; the place behind it.
    fn path(&mut self, t: Tokens<'_>, at: usize) -> usize {
        let span = t.0[at].span();
        let (mut path, mut next) = (Vec::new(), at);
        if t.colons(at) {
            path.push("::".to_owned());
            next += 2;
        }
        while let Some((segment, behind)) = t.segment(next) {
            path.push(segment);
            next = behind;
            if !t.colons(next) || t.segment(next + 2).is_none() {
                break;
            }
            next += 2;
        }
        let last = path[path.len() - 1].clone();
        let is_called = t.is_group(next, Delimiter::Parenthesis);
        if t.is_zero(next + 1) && t.punct(next, '.') || is_called && last.starts_with(char::is_uppercase) {
            self.push(span, What::First(last.clone()));
        }
        let is_arm =
            t.punct(next, '=') && t.punct(next + 1, '>') || t.ident(next).is_some_and(|name| name == "if");
        if last == "_" && is_arm {
            self.push(span, What::Rest);
        }
        let opaque = match &*last {
            "crate" if t.is_ident_before(at, "extern") => "extern crate brings a crate under any name",
            "include" if t.punct(next, '!') => "include! brings code from elsewhere",
            "mod" if path.len() == 1 => "a module in a body or a macro is not told apart",
            _ if self.in_macro && path.len() > 1 && path[0] == "super" => {
                "super in a macro is another module for each that calls it"
            }
            _ => "",
        };
        if !opaque.is_empty() {
            self.push(span, What::Opaque(opaque));
        }
        let is_lifetime = t.is_before(at, "'");
        // `$kind::Name`: two segments reach nothing that a `use` has not brought.
        let is_variant = path[0] == "$" && path.len() == 2;
        if t.is_before(at, ".") && !t.is_before(at, "..") || t.is_before(at, ">::") && path.len() == 1 {
            self.push(span, What::Method(path.swap_remove(0)));
        } else if t.calls(next) {
            self.push(span, What::Macro(path));
        } else if path.len() > 1 && !is_lifetime && !is_variant {
            self.push(span, What::Path(path));
        }
        next
    }
}

#[derive(Clone, Copy)]
struct Tokens<'a>(&'a [TokenTree]);

impl Tokens<'_> {
    fn punct(self, at: usize, c: char) -> bool {
        matches!(self.0.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == c)
    }

    /// `::`, not `:` and what follows.
    fn colons(self, at: usize) -> bool {
        let joint = |punct: &Punct| punct.as_char() == ':' && punct.spacing() == Spacing::Joint;
        matches!(self.0.get(at), Some(TokenTree::Punct(punct)) if joint(punct)) && self.punct(at + 1, ':')
    }

    fn ident(self, at: usize) -> Option<String> {
        match self.0.get(at) {
            Some(TokenTree::Ident(ident)) => Some(plain(ident)),
            _ => None,
        }
    }

    /// A segment of a path, or what ends one in a `use` or a macro; and the place behind it.
    fn segment(self, at: usize) -> Option<(String, usize)> {
        match self.0.get(at)? {
            TokenTree::Ident(ident) => Some((plain(ident), at + 1)),
            TokenTree::Punct(punct) if punct.as_char() == '*' => Some(("*".to_owned(), at + 1)),
            TokenTree::Punct(punct) if punct.as_char() == '$' => match self.0.get(at + 1)? {
                TokenTree::Ident(variable) if variable != "crate" => Some(("$".to_owned(), at + 2)),
                TokenTree::Group(_) => Some(("$".to_owned(), at + 1)),
                _ => None,
            },
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(("$".to_owned(), at)),
            _ => None,
        }
    }

    fn is_group(self, at: usize, delimiter: Delimiter) -> bool {
        matches!(self.0.get(at), Some(TokenTree::Group(group)) if group.delimiter() == delimiter)
    }

    /// The name of a first field; `0.1` is that of the first field of one.
    fn is_zero(self, at: usize) -> bool {
        let name = |literal: &Literal| literal.to_string();
        matches!(self.0.get(at), Some(TokenTree::Literal(l)) if name(l) == "0" || name(l).starts_with("0."))
    }

    fn is_before(self, at: usize, puncts: &str) -> bool {
        at >= puncts.len() && puncts.chars().enumerate().all(|(n, c)| self.punct(at - puncts.len() + n, c))
    }

    /// What a function, a method or an index is given.
    fn is_call(self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else { return false };
        let is_keyword =
            |name: &str| ["for", "if", "in", "let", "match", "mut", "ref", "return", "while"].contains(&name);
        let is_value =
            self.ident(before).is_some_and(|name| name.starts_with(char::is_lowercase) && !is_keyword(&name));
        self.is_group(at, Delimiter::Parenthesis) && is_value
            || self.is_group(at, Delimiter::Bracket)
                && (is_value || matches!(self.0[before], TokenTree::Group(_)))
    }

    /// The `!` of a call of a macro.
    fn calls(self, at: usize) -> bool {
        self.punct(at, '!') && matches!(self.0.get(at + 1), Some(TokenTree::Group(_)))
    }

    fn is_ident_before(self, at: usize, name: &str) -> bool {
        at > 0 && self.ident(at - 1).is_some_and(|ident| ident == name)
    }

    /// `#[…]`, `#![…]`.
    fn is_attribute(self, at: usize) -> bool {
        self.is_group(at, Delimiter::Bracket) && (self.is_before(at, "#") || self.is_before(at, "#!"))
    }

    /// A `::` that goes on with a path behind generic arguments; `> ::std` is none.
    fn ends_generics(self, at: usize) -> bool {
        let is_std = |name: String| ["std", "core", "alloc"].contains(&&*name);
        self.is_before(at, ">") && !self.ident(at + 2).is_some_and(is_std)
    }
}

fn plain(ident: &Ident) -> String {
    let ident = ident.to_string();
    ident.strip_prefix("r#").unwrap_or(&ident).to_owned()
}

/// `#[cfg(test)]`, `#[cfg(all(test, …))]`.
fn is_test(attribute: &Meta) -> bool {
    fn holds(meta: &Meta) -> bool {
        meta.path().is_ident("test") || meta.path().is_ident("all") && inside(meta).iter().any(holds)
    }
    fn inside(meta: &Meta) -> Vec<Meta> {
        let Meta::List(list) = meta else { return Vec::new() };
        let list = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
        list.map_or_else(|_| Vec::new(), |list| list.into_iter().collect())
    }
    attribute.path().is_ident("cfg") && inside(attribute).iter().any(holds)
}

/// The string literals of an attribute.
fn texts(tokens: TokenStream) -> Vec<LitStr> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => found.extend(texts(group.stream())),
            TokenTree::Literal(literal) => {
                if let Lit::Str(text) = Lit::new(literal) {
                    found.push(text);
                }
            }
            _ => {}
        }
    }
    found
}
