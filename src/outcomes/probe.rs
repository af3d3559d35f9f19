//! Whether outcomes could be told, tried without telling anybody anything.

use std::time::Duration;

use lapin::BasicProperties;
use lapin::Channel;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};

use super::amqp::Exchange;
use crate::broker::{Broker, FAREWELL, Failure, Link, within};
use crate::config::{self, Declare};

/// Whoever asks waits for the answer.
const A_STEP: Duration = Duration::from_secs(5);

/// Whether the worker could publish to the exchange. What it says is for people.
///
/// # Errors
/// What the worker would meet.
pub async fn probe(config: &config::Rabbitmq, exchange: &str) -> Result<String, Failure> {
    let (broker, exchange) = (Broker::new(config)?, Exchange::new(exchange, config.declare)?);
    let link = broker.dial("dashlight check").await?;
    let found = everything(&link, &exchange, broker.request_timeout.min(A_STEP)).await;
    link.close(FAREWELL).await;
    found.map(|found| format!("`{}`: {found}", exchange.name))
}

async fn everything(link: &Link, exchange: &Exchange, limit: Duration) -> Result<String, Failure> {
    let channel = async || within(limit, "opening a channel", link.connection.create_channel()).await;
    match exchange.ask(&channel().await?, true, limit).await {
        Err(Failure::NoExchange { .. }) if exchange.declare == Declare::Declare => {
            return Ok("it is not there yet and will be made by `dashlight run`".to_owned());
        }
        looked => looked?,
    }
    if exchange.declare == Declare::Declare {
        // It is there, so this creates nothing; but the broker says if it is of another kind, or is not ours to declare.
        exchange.ask(&channel().await?, false, limit).await?;
    }
    may_publish(&channel().await?, exchange, limit).await?;
    Ok("outcomes may be published".to_owned())
}

/// A message whose expiry is no number is refused; but only after the broker has seen that it might be published.
async fn may_publish(channel: &Channel, exchange: &Exchange, limit: Duration) -> Result<(), Failure> {
    within(limit, "asking for confirms", channel.confirm_select(ConfirmSelectOptions::default())).await?;
    let step = "asking whether outcomes may be published";
    let (options, properties) =
        (BasicPublishOptions::default(), BasicProperties::default().with_expiration("none".into()));
    let publish = channel.basic_publish(exchange.name.clone(), "dashlight.check".into(), options, b"", properties);
    let asked = async { within(limit, step, within(limit, step, publish).await?).await };
    match asked.await.map_err(|failure| failure.about_exchange(exchange.name.as_str())) {
        Ok(_) | Err(Failure::OtherExchange { .. }) => Ok(()),
        Err(Failure::Silent { limit, .. }) => Err(Failure::Blocked { limit }),
        Err(failure) => Err(failure),
    }
}
