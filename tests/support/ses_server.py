"""Amazon SES as moto plays it, with signatures really verified: keys of an IAM user who may only send.

Prints one line of JSON when it listens: port, access_key_id, secret_access_key. The sender's domain is verified, no other is.
Each line on standard input is answered with one of JSON: the raw messages taken over so far.
"""

import json
import os
import sys

# The requests that set the scene need no signature; all after them do.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "4"

import boto3
from moto.backends import get_backend
from moto.server import ThreadedMotoServer

ACCOUNT, REGION = "123456789012", "eu-central-1"


def main():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    anybody = dict(
        region_name=REGION,
        endpoint_url=f"http://127.0.0.1:{port}",
        aws_access_key_id="anybody",
        aws_secret_access_key="anything",
    )
    iam = boto3.client("iam", **anybody)
    iam.create_user(UserName="dashlight")
    key = iam.create_access_key(UserName="dashlight")["AccessKey"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "ses:*", "Resource": "*"}],
    }
    iam.put_user_policy(UserName="dashlight", PolicyName="send", PolicyDocument=json.dumps(policy))
    boto3.client("sesv2", **anybody).create_email_identity(EmailIdentity="volta.example")
    print(
        json.dumps(
            {"port": port, "access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]}
        ),
        flush=True,
    )
    for _ in sys.stdin:
        backend = get_backend("ses")[ACCOUNT][REGION]
        taken = [getattr(message, "raw_data", None) for message in backend.sent_messages]
        print(json.dumps(taken), flush=True)


if __name__ == "__main__":
    try:
        main()
    finally:
        os._exit(0)
