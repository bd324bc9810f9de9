"""The loop of the tutorials: poll one, json.loads, predict one row, INSERT, commit, commit to Kafka."""

import json
import time

import psycopg2
from confluent_kafka import Consumer

from bench.peers.task import TABLE, answer, given, row_of

INSERT = "INSERT INTO reading_scored VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"

task = given()
model = task.load_model()
connection = psycopg2.connect(**task.connection())
cursor = connection.cursor()
cursor.execute(TABLE)
connection.commit()
consumer = Consumer(
    {
        "bootstrap.servers": task.bootstrap,
        "group.id": task.group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    }
)
consumer.subscribe([task.topic])
stored, began = 0, 0.0
while stored < task.messages:
    message = consumer.poll(1.0)
    if message is None or message.error():
        continue
    began = began or time.perf_counter()
    reading = json.loads(message.value() or b"")
    row = row_of(reading)
    probability = float(model.predict_proba([row])[0, 1])
    cursor.execute(INSERT, (reading["id"], reading["device"], reading["time"], *row, probability))
    connection.commit()
    consumer.commit(message=message)
    stored += 1
answer(stored, time.perf_counter() - began)
