//! The arguments of `tenon server`, made from the table of settings.

use std::path::PathBuf;
use std::sync::LazyLock;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, ValueHint, value_parser};
use kernel_settings::{Effect, GivenFlag, Kind, Setting, foreign_flags, table};

/// The flag that names the file of settings.
const CONFIG: &str = "config";

/// Flags that name a file which holds a secret: `key-file`.
static SECRET_FILES: LazyLock<Vec<(&'static Setting, String)>> = LazyLock::new(|| {
    let secrets = table::all().filter(|row| row.secret);
    secrets.map(|row| (row, format!("{}-file", row.flag))).collect()
});

/// What the command line says of a server: unread, as a file and the environment may say more.
#[derive(Debug, Clone, Default)]
pub struct ServerArgs {
    /// The file of settings.
    pub config: Option<PathBuf>,
    pub flags: Vec<GivenFlag>,
}

impl Args for ServerArgs {
    fn augment_args(command: Command) -> Command {
        let config = Arg::new(CONFIG)
            .long(CONFIG)
            .env("TENON_CONFIG")
            .value_name("FILE")
            .value_hint(ValueHint::FilePath)
            .value_parser(value_parser!(PathBuf))
            .help_heading("Server")
            .help("The file of settings; without it tenon.toml, tenon.yaml or tenon.yml here, if there is one");
        let ours = table::sections()
            .flat_map(|(title, rows)| rows.iter().map(move |row| flag(row, title)));
        let files = SECRET_FILES.iter().map(|(row, name)| {
            let help = format!("A file that holds what --{} would say", row.flag);
            text(name).value_name("FILE").value_hint(ValueHint::FilePath).hide(true).help(help)
        });
        let theirs = foreign_flags().map(|flag| {
            let arg = text(flag.name).hide(true).help("A name of another system");
            if flag.is_switch { switch(arg) } else { arg }
        });
        command.arg(config).args(ours).args(files).args(theirs)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for ServerArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let names = table::all()
            .map(|row| row.flag)
            .chain(SECRET_FILES.iter().map(|(_, name)| name.as_str()))
            .chain(foreign_flags().map(|flag| flag.name));
        let flags = names
            // What the parser found in the environment is read again, with its own rules.
            .filter(|name| matches.value_source(name) == Some(ValueSource::CommandLine))
            .map(|name| {
                let values = matches.get_many::<String>(name).into_iter().flatten();
                GivenFlag { name: name.to_owned(), values: values.cloned().collect() }
            })
            .collect();
        Ok(Self { config: matches.get_one::<PathBuf>(CONFIG).cloned(), flags })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn flag(row: &'static Setting, title: &'static str) -> Arg {
    let mut help = row.help.to_owned();
    if row.secret {
        help.push_str(&format!("; --{}-file names a file that holds it", row.flag));
    }
    if let Effect::Later(what) = row.effect {
        help.push_str(&format!(" (no effect yet: {what} will come later)"));
    }
    let mut arg = text(row.flag).env(row.variable).help(help).help_heading(title);
    if let Some(default) = row.default {
        arg = arg.default_value(default);
    }
    if row.kind == Kind::Path {
        arg = arg.value_hint(ValueHint::AnyPath);
    }
    if row.is_switch() { switch(arg) } else { arg.value_name(row.kind.placeholder()) }
}

fn text(name: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::Append).hide_env_values(true)
}

/// Alone it means yes; anything else is behind a `=`.
fn switch(arg: Arg) -> Arg {
    arg.num_args(0..=1).require_equals(true).default_missing_value("true").value_name("true|false")
}
