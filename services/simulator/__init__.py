"""Meta in a box: pushes signed webhooks as Meta does and answers as the Graph API does."""
