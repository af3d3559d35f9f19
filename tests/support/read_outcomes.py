"""Reads messages as the CloudEvents SDK of Python does. Each line in: content type and body, as JSON. Each line out: what the
SDK made of it."""

import json
import sys

from cloudevents.core.bindings.rabbitmq import RabbitMQMessage, from_structured
from cloudevents.core.formats.json import JSONFormat

for line in sys.stdin:
    told = json.loads(line)
    message = RabbitMQMessage(headers={}, content_type=told["content_type"], body=told["body"].encode())
    event = from_structured(message, JSONFormat())
    print(
        json.dumps(
            {
                "id": event.get_id(),
                "type": event.get_type(),
                "source": event.get_source(),
                "subject": event.get_subject(),
                "time": event.get_time().isoformat(),
                "data": event.get_data(),
            }
        )
    )
