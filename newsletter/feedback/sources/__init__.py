"""Sources of events: an SQS queue (`sqs`), the SNS webhook (`sns_webhook`), and files or reports by mail (`files`).

Each stores an event durably before it acknowledges it, then applies what is stored. `sns_signature` proves that a
notification is SNS's and from one of our topics.
"""
