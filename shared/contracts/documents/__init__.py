"""What other teams read instead of our code: schemas, examples, AsyncAPI and its page, and the gate
that keeps them true."""
