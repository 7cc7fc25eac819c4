//! What each name stands for, and whether the room it is named in may.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{Files, Modules, What, read};

/// A top-level module of the library, or a part of the binary.
pub(crate) struct Room {
    pub(crate) name: &'static str,
    /// Other rooms that it may name, or what of them.
    pub(crate) rooms: &'static [&'static str],
    /// Crates of `[dependencies]` that it may name.
    pub(crate) crates: &'static [&'static str],
    /// What of the world it may reach, in the words of [`WORLD`].
    pub(crate) world: &'static [&'static str],
}

/// Modules of `std` that reach nothing outside the program; those in neither list are refused.
const PURE: &str = "any array ascii borrow boxed cell char clone cmp collections convert default error f32 f64 ffi fmt \
    hash io iter marker mem num ops option panic path pin ptr rc result slice str string u16 u32 u64 u8 vec";

/// What of `std` reaches out, to what; `""` is what does not, below something that does.
const WORLD: &[(&str, &str)] = &[
    ("env", "env"),
    ("fs", "fs"),
    ("os", "os"),
    ("os::unix::fs", "fs"),
    ("panic::set_hook", "process"),
    ("panic::take_hook", "process"),
    ("process", "process"),
    ("thread", "thread"),
    ("thread_local!", "thread"),
    ("net", "net"),
    ("net::AddrParseError", ""),
    ("net::IpAddr", ""),
    ("net::Ipv4Addr", ""),
    ("net::Ipv6Addr", ""),
    ("net::SocketAddr", ""),
    ("net::SocketAddrV4", ""),
    ("net::SocketAddrV6", ""),
    ("time", "time"),
    ("time::Duration", ""),
    ("sync", "sync"),
    ("sync::Arc", ""),
    ("sync::LazyLock", ""),
    ("sync::OnceLock", ""),
    ("io::IsTerminal", "print"),
    ("io::Stderr", "print"),
    ("io::StderrLock", "print"),
    ("io::Stdout", "print"),
    ("io::StdoutLock", "print"),
    ("io::stderr", "print"),
    ("io::stdout", "print"),
    ("dbg!", "print"),
    ("eprint!", "print"),
    ("eprintln!", "print"),
    ("print!", "print"),
    ("println!", "print"),
    ("io::Stdin", "stdin"),
    ("io::StdinLock", "stdin"),
    ("io::stdin", "stdin"),
    ("io::pipe", "process"),
    ("collections::hash_map::RandomState", "chance"),
    ("hash::RandomState", "chance"),
];

/// Methods of `std::path::Path` that ask the file system.
const OF_FILES: &str = "canonicalize exists is_dir is_file is_symlink metadata read_dir read_link symlink_metadata \
    try_exists";

/// What of the world unit tests may reach besides, to make what they need.
const IN_TESTS: &[&str] = &["env", "fs", "print", "process", "thread"];

/// Roots of paths that are no crates though they are written small.
const PRIMITIVE: &str = "bool char f32 f64 i128 i16 i32 i64 i8 isize str u128 u16 u32 u64 u8 usize";

/// What a row has to allow.
enum Need {
    /// By path, from the root of the crate on.
    Room(String),
    Crate(String),
    World(&'static str),
    /// No row can.
    Never,
}

impl Need {
    /// What of the row allows it.
    fn allowed_by(&self, row: &Room) -> Option<&'static str> {
        let find = |list: &[&'static str], fits: &dyn Fn(&str) -> bool| {
            list.iter().copied().find(|allowed| fits(allowed))
        };
        match self {
            Self::Room(path) => find(row.rooms, &|room| {
                path.strip_prefix(room).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
            }),
            Self::Crate(name) => find(row.crates, &|krate| name == krate),
            Self::World(name) => find(row.world, &|world| *name == world),
            Self::Never => None,
        }
    }
}

/// What the paths of the two crates begin with, spelt out from their root on.
const LIBRARY: &str = "wslog";
const BINARY: &str = "main";
const ROOTS: [(&str, &str); 2] = [(LIBRARY, "src/lib.rs"), (BINARY, "src/main.rs")];

/// What a name may stand for in a module besides what is in it.
#[derive(Default)]
struct Scope {
    /// `use PATH as NAME`.
    imports: Vec<(Vec<String>, String)>,
    types: BTreeSet<String>,
    macros: BTreeSet<String>,
    /// Modules that a `use PATH::*` takes all of.
    globs: Vec<Vec<String>>,
    /// Whether there is a `*` of an outside crate, where anything can come from.
    takes_all_of_a_crate: bool,
}

/// The modules of a package, and whom they may name.
pub(crate) struct House<'a> {
    files: &'a Files,
    modules: Modules,
    scopes: BTreeMap<Vec<String>, Scope>,
    rooms: &'a [Room],
    crates: &'a BTreeSet<String>,
    test_crates: &'a BTreeSet<String>,
}

impl<'a> House<'a> {
    /// Of all `files`; `crates` are those of `[dependencies]` and `test_crates` those of `[dev-dependencies]`.
    pub(crate) fn new(
        files: &'a Files,
        rooms: &'a [Room],
        crates: &'a BTreeSet<String>,
        test_crates: &'a BTreeSet<String>,
    ) -> Self {
        let mut modules = Modules::new();
        for (name, root) in ROOTS {
            modules.extend(read(files, &[name], root));
        }
        let mut scopes = BTreeMap::<_, Scope>::new();
        let mut globs = Vec::new();
        for (at, names) in &modules {
            let scope = scopes.entry(at.clone()).or_default();
            for name in names {
                match &name.what {
                    What::Import(path, Some(binding)) => scope.imports.push((path.clone(), binding.clone())),
                    What::Import(path, None) => globs.push((at.clone(), path[..path.len() - 1].to_vec())),
                    What::Type(name) => drop(scope.types.insert(name.clone())),
                    What::Rules(name) => drop(scope.macros.insert(name.clone())),
                    _ => {}
                }
            }
        }
        let mut house = Self { files, modules, scopes, rooms, crates, test_crates };
        for (at, path) in globs {
            let found = if path.is_empty() { Vec::new() } else { house.resolve(&at, &path, None, 0) };
            let scope = house.scopes.entry(at).or_default();
            scope.takes_all_of_a_crate |=
                found.iter().any(|hop| crates.contains(&hop[0]) || test_crates.contains(&hop[0]));
            scope.globs.extend(found.into_iter().filter(|hop| house.modules.contains_key(hop)));
        }
        house
    }

    /// Holds every name against the row of its room; `FILE:LINE: ROOM may not …`. And which allowances somebody uses,
    /// by room, in code that is no test.
    pub(crate) fn judge(&self) -> (Vec<String>, BTreeSet<(&'static str, &'static str)>) {
        let (mut violations, mut used) = (BTreeSet::new(), BTreeSet::new());
        for (at, names) in &self.modules {
            let room = room(at);
            let row = self.rooms.iter().find(|row| row.name == room);
            for name in names {
                for (need, what) in self.needs(at, &name.what) {
                    let allowed = row.and_then(|row| Some((row.name, need.allowed_by(row)?)));
                    let allowed_in_tests = match &need {
                        Need::Crate(_) => true,
                        Need::World(name) => IN_TESTS.contains(name),
                        Need::Room(_) | Need::Never => false,
                    };
                    if let Some(allowed) = allowed {
                        if !name.test {
                            used.insert(allowed);
                        }
                    } else if !name.test || !allowed_in_tests {
                        violations.insert((&name.file, name.line, format!("{room} may not {what}")));
                    }
                }
            }
        }
        let violations = violations.into_iter().map(|(file, line, what)| format!("{file}:{line}: {what}"));
        (violations.chain(self.adrift()).collect(), used)
    }

    /// Files that no `mod` names, so that nothing of them was seen.
    fn adrift(&self) -> impl Iterator<Item = String> {
        let is_named = |file: &str| {
            let path = file.trim_start_matches("src/").trim_end_matches(".rs").split('/').map(str::to_owned);
            let path: Vec<_> = path.collect();
            let of = |root: &str| self.modules.contains_key(&[&[root.to_owned()], &*path].concat());
            of(LIBRARY) || of(BINARY) || ROOTS.iter().any(|(_, root)| *root == file)
        };
        let adrift = self.files.keys().filter(move |file| !is_named(file));
        adrift.map(|file| format!("{file}: no mod names it"))
    }

    /// What has to be allowed for this, and what it does in words.
    fn needs(&self, at: &[String], what: &What) -> Vec<(Need, String)> {
        let (path, is_macro) = match what {
            What::Path(path) | What::Import(path, _) => (path, false),
            What::Macro(path) => (path, true),
            What::Method(name) => return of_files(name).into_iter().collect(),
            What::Opaque(why) => return vec![(Need::Never, format!("hide what it names: {why}"))],
            _ => return Vec::new(),
        };
        let mut hops = Vec::new();
        let is_bare_macro = is_macro && path.len() == 1;
        if is_bare_macro {
            hops.push(vec!["std".to_owned(), path[0].clone()]);
        }
        if !is_bare_macro || self.is_declared(at, &path[0]) {
            hops.extend(self.resolve(at, path, None, 0));
        }
        let written = path.join("::").replacen("::::", "::", 1);
        let mut needs = Vec::new();
        if let [.., of, name] = &**path
            && of.starts_with(char::is_uppercase)
        {
            needs.extend(of_files(name));
        }
        let mut rooms = BTreeSet::new();
        for hop in hops {
            let spelt = match hop.join("::") {
                spelt if spelt == written => String::new(),
                spelt => format!(", which is {spelt}"),
            };
            let (root, part) = (&*hop[0], hop.get(1).map(|name| &**name));
            let never = match (root, part) {
                ("?", _) => ", which is neither declared here nor a crate of Cargo.toml",
                ("$", _) | (LIBRARY | BINARY | "std", Some("$")) => ", what only the call of a macro says",
                (LIBRARY | BINARY, Some("super")) => ", what is above its crate",
                (LIBRARY | BINARY | "std", None | Some("*")) => ", a whole crate",
                _ => "",
            };
            if !never.is_empty() {
                needs.push((Need::Never, format!("name {written}{never}")));
                continue;
            }
            let kinds = match (root, part) {
                (LIBRARY | BINARY, Some(other)) if hop[0] == at[0] && other == room(at) => continue,
                // What a room hands on of itself is as good as where it stands.
                (LIBRARY | BINARY, Some(other)) if !rooms.insert(other.to_owned()) => continue,
                (LIBRARY | BINARY, Some(_)) => vec![Need::Room(hop[1..].join("::"))],
                ("std", Some(_)) => reached(&hop[1..], is_macro),
                // Some crates hand on what is in `std`.
                _ if hop[1..].iter().any(|name| is_std(name)) => vec![Need::Never],
                (name, _) => vec![Need::Crate(name.to_owned())],
            };
            needs.extend(kinds.into_iter().map(|need| (need, format!("name {written}{spelt}"))));
        }
        needs
    }

    /// All that a path written in `at` stands for: spelt out from the root of its crate on, and what each `use` on its
    /// way makes of it. A name may be of several kinds at once, then all are taken. `?` stands for what cannot be told.
    /// A `use` does not bring the name that it begins with, which is `but`.
    fn resolve(&self, at: &[String], path: &[String], but: Option<&str>, depth: usize) -> Vec<Vec<String>> {
        if depth > 16 {
            return vec![vec!["?".to_owned()]];
        }
        let (first, rest) = (&*path[0], &path[1..]);
        match first {
            "$" => vec![path.to_vec()],
            "::" => vec![outside(rest)],
            "crate" => self.walk(&at[..1], rest, depth),
            "self" => self.walk_up(at, rest, depth),
            "super" => self.walk_up(at, path, depth),
            _ => {
                let mut hops = Vec::new();
                if self.is_inside(at, first) || Some(first) != but && self.is_declared(at, first) {
                    hops.extend(self.walk(at, path, depth));
                }
                if self.is_crate(at, first) && !self.is_inside(at, first) {
                    hops.push(outside(path));
                }
                if rest.is_empty() && self.scopes.get(at).is_some_and(|scope| scope.macros.contains(first)) {
                    hops.push([at, path].concat());
                }
                let is_type = first.starts_with(char::is_uppercase) || lists(PRIMITIVE, first);
                if hops.is_empty()
                    && !is_type
                    && !self.reach(at).iter().any(|scope| scope.takes_all_of_a_crate)
                {
                    hops.push(vec!["?".to_owned()]);
                }
                hops
            }
        }
    }

    fn walk_up(&self, at: &[String], path: &[String], depth: usize) -> Vec<Vec<String>> {
        match (path.first().map(|name| &**name), at) {
            (Some("super"), [root]) => vec![vec![root.clone(), "super".to_owned()]],
            (Some("super"), [outer @ .., _]) => self.walk_up(outer, &path[1..], depth),
            _ => self.walk(at, path, depth),
        }
    }

    fn walk(&self, from: &[String], rest: &[String], depth: usize) -> Vec<Vec<String>> {
        let mut hops = vec![[from, rest].concat()];
        let modules = rest.iter().scan(from.to_vec(), |at, name| {
            at.push(name.clone());
            self.modules.contains_key(at).then_some(())
        });
        let depth_of_modules = modules.count();
        let (at, rest) = ([from, &rest[..depth_of_modules]].concat(), &rest[depth_of_modules..]);
        let ([name, behind @ ..], Some(scope)) = (rest, self.scopes.get(&at)) else { return hops };
        if scope.types.contains(name) {
            return hops;
        }
        for (path, _) in scope.imports.iter().filter(|(_, binding)| binding == name) {
            hops.extend(self.resolve(&at, &[path, behind].concat(), Some(name), depth + 1));
        }
        for module in scope.globs.iter().filter(|module| **module != at && self.is_declared(module, name)) {
            if depth < 16 {
                hops.extend(self.walk(module, rest, depth + 1));
            }
        }
        hops
    }

    /// A module in `at`, or a type: it hides a crate of that name.
    fn is_inside(&self, at: &[String], name: &str) -> bool {
        let inner = [at, &[name.to_owned()]].concat();
        self.modules.contains_key(&inner)
            || self.scopes.get(at).is_some_and(|scope| scope.types.contains(name))
    }

    fn is_crate(&self, at: &[String], name: &str) -> bool {
        is_std(name)
            || self.crates.contains(name)
            || self.test_crates.contains(name)
            || name == LIBRARY && at[0] == BINARY
    }

    /// Whether a module, a type or a `use` gives that name a meaning in `at`.
    fn is_declared(&self, at: &[String], name: &str) -> bool {
        self.is_inside(at, name)
            || self.reach(at).iter().any(|scope| {
                scope.imports.iter().any(|(_, binding)| binding == name)
                    || scope.globs.iter().any(|module| self.is_inside(module, name))
            })
    }

    /// The scope of `at`, and those it takes all of.
    fn reach(&self, at: &[String]) -> Vec<&Scope> {
        let mut modules = vec![at];
        let mut scopes = Vec::new();
        while let Some(scope) = modules.get(scopes.len()).and_then(|at| self.scopes.get(*at)) {
            for module in &scope.globs {
                if !modules.contains(&&**module) {
                    modules.push(module);
                }
            }
            scopes.push(scope);
        }
        scopes
    }
}

/// The room that a module belongs to: the top-level module it is in, or the root of its crate.
fn room(at: &[String]) -> &str {
    match at {
        [_, room, ..] => room,
        [root] if root == LIBRARY => "lib",
        _ => "main",
    }
}

/// A path of an outside crate; what `core` and `alloc` have, `std` has too.
fn outside(path: &[String]) -> Vec<String> {
    let mut path = path.to_vec();
    if is_std(&path[0]) {
        path[0] = "std".to_owned();
    }
    path
}

fn lists(words: &str, name: &str) -> bool {
    words.split(' ').any(|word| word == name)
}

fn is_std(name: &str) -> bool {
    ["std", "core", "alloc"].contains(&name)
}

/// What a method of this name reaches, whatever its type is called there.
fn of_files(name: &str) -> Option<(Need, String)> {
    lists(OF_FILES, name).then(|| (Need::World("fs"), format!("call {name}, which asks the file system")))
}

/// What a path below `std` reaches.
fn reached(path: &[String], is_macro: bool) -> Vec<Need> {
    let is_bare_macro = is_macro && path.len() == 1;
    let leads_to = |what: &&(&str, &str)| {
        let (name, is_of_macro) = what.0.strip_suffix('!').map_or((what.0, false), |name| (name, true));
        let mut names = path.iter();
        (is_of_macro || !is_bare_macro)
            && name.split("::").all(|name| names.next().is_some_and(|n| n == name))
    };
    let last = path.last().map_or("", |name| name);
    if let Some((_, world)) = WORLD.iter().filter(leads_to).max_by_key(|(what, _)| what.len()) {
        return if world.is_empty() { Vec::new() } else { vec![Need::World(world)] };
    }
    if is_bare_macro {
        return Vec::new();
    }
    if !lists(PURE, &path[0]) || last == "$" {
        return vec![Need::Never];
    }
    if last == "*" {
        let prefix = path[..path.len() - 1].join("::") + "::";
        let inside = WORLD.iter().filter(|(what, world)| what.starts_with(&prefix) && !world.is_empty());
        return inside.map(|(_, world)| Need::World(world)).collect();
    }
    Vec::new()
}
