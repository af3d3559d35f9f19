//! What `dashlight check --online` can find wrong outside.

use super::codes;

codes! {
    UNREACHABLE = "online/unreachable", Error,
        "A service that does not answer, or cannot do its work now\n\n\
         The worker would wait for it and lose nothing; but nothing goes on meanwhile. Is it running, is the address in the \
         configuration the right one, and does the network between let us through? The message has the service's own words.";
    DENIED = "online/denied", Error,
        "A service that answers, but does not let us do our work\n\n\
         A key, a password or a right is missing or wrong, or the certificate is not trusted. Only a person can mend that: the \
         message names the keys of the configuration to look at.";
    QUEUE = "online/queue", Error,
        "A queue that is missing, or is not as the configuration says\n\n\
         The worker would take no events. Create the queue, let the worker create it (`rabbitmq.declare = \"declare\"`), or set \
         `rabbitmq.queue_type` to what it is.";
    EXCHANGE = "online/exchange", Error,
        "An exchange for outcomes that is missing, or is of another kind\n\n\
         The worker would send messages all the same, and keep what became of them until it can tell. Create the exchange as a \
         durable topic exchange, let the worker create it (`rabbitmq.declare = \"declare\"`), or name another in \
         `outcomes.exchange`.";
    LEDGER = "online/ledger", Error,
        "A ledger that the worker could not use\n\n\
         It belongs to a newer release, lies where it cannot be written, or is no ledger at all. The worker would not start. The \
         message says what to do.";
    STRANGER = "online/stranger", Error,
        "The directory knows an owner who cannot exist\n\n\
         `dashlight check --online` asks about the owner `dashlight-check`, and expects 404 or `null`. A directory that answers \
         with somebody all the same most likely ignores the id it is asked about, and every owner's messages would go to one \
         address. Look at `directory.url` and at what the endpoint does with an id that it does not know.";
}
