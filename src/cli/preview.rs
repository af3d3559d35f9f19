//! `dashlight preview`: the workbench in the browser.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use tokio::net::TcpListener;

use super::settings::Settings;
use super::{Verdict, terminal};
use crate::app;
use crate::catalog::Origin;
use crate::clock::SystemClock;
use crate::content::Watch;
use crate::shutdown::Shutdown;
use crate::workbench::preview::{self, ExportError, Library, Server};

/// See every message in the browser, in every language, and follow your edits live
#[derive(Debug, Args)]
pub(super) struct Preview {
    /// Port of the page [default: any free one]
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Address to listen on; any other than a loopback address lets other machines see the page
    #[arg(long, value_name = "ADDR", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
    /// Write the pages as files into DIR, for looking at without a server, and end
    #[arg(long, value_name = "DIR", conflicts_with_all = ["port", "listen"])]
    export: Option<PathBuf>,
    /// Show in it every message that differs from this git revision, before and after
    #[arg(long, value_name = "REV", requires = "export")]
    compare: Option<String>,
}

/// Where the system does not tell of changes, they are looked for.
const POLL: Duration = Duration::from_millis(400);

const EMBEDDED: &str =
    "It shows the content that was built in: run it where `templates/` and `locales/` lie to follow your edits.";

impl Preview {
    pub(super) fn execute(self, settings: &Settings) -> Verdict {
        let config = settings.load_to_look()?;
        let origin = app::origin(&config.content)?;
        let library = Library { origin, apps: Arc::new(config.apps), policy: config.policy };
        anyhow::ensure!(!library.apps.is_empty(), "the configuration has no app; add a section `[apps.ID]`");
        if let Some(dir) = &self.export {
            return export(&library, dir, self.compare.as_deref());
        }
        let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
        let verdict = runtime.block_on(async {
            let shutdown = Shutdown::on_signals()?;
            tokio::select! {
                verdict = self.serve(library, &shutdown) => verdict,
                signal = shutdown.second() => Ok(ExitCode::from(signal.exit_code())),
            }
        });
        runtime.shutdown_background();
        verdict
    }

    async fn serve(&self, library: Library, shutdown: &Shutdown) -> Verdict {
        let address = SocketAddr::from((self.listen, self.port));
        let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
        let address = listener.local_addr()?;
        let follows = if library.origin == Origin::Embedded { EMBEDDED } else { "It follows your edits." };
        // Before the first reading: what is saved meanwhile is seen all the same.
        let mut watch = Watch::start(library.origin.clone(), POLL).await;
        let server = Server::open(library, Arc::new(SystemClock), shutdown.clone());
        terminal::print(&format!("The workbench is at http://{address}/\n{follows} Press Ctrl-C to end.\n"))?;
        let follow = async {
            loop {
                // Looking at every message takes longer than a person should wait for a page, and is dropped for the next edit.
                tokio::select! {
                    _ = watch.changed() => {}
                    () = async { server.look_closer().await; std::future::pending().await } => {}
                }
                server.reload().await;
            }
        };
        tokio::select! {
            served = server.clone().serve(listener) => served.context("the workbench stopped")?,
            () = follow => {}
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn export(library: &Library, dir: &Path, since: Option<&str>) -> Verdict {
    let pages = preview::export(library, dir, since).map_err(|fault| match fault {
        // Told as `check` tells them.
        ExportError::Content(faults) => faults.into(),
        fault => anyhow::Error::new(fault),
    })?;
    terminal::print(&format!("{pages} pages; open {}\n", dir.join("index.html").display()))?;
    Ok(ExitCode::SUCCESS)
}
