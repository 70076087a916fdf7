"""A program with the official SDK of the Model Context Protocol. Says as JSON what it got."""

import asyncio
import json
import os
import sys

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client


async def main(url: str) -> None:
    headers = {"Authorization": f"Bearer {os.environ['TOKEN']}"}
    async with httpx2.AsyncClient(headers=headers, timeout=120) as http:
        async with Client(streamable_http_client(url, http_client=http)) as client:

            async def call(tool, **arguments):
                result = await client.call_tool(tool, arguments)
                text = "".join(block.text for block in result.content if block.type == "text")
                return {"error": bool(result.is_error), "text": text, "value": result.structured_content}

            tools = [tool.name for tool in (await client.list_tools()).tools]
            said = {
                "tools": tools,
                "boxes": await call("list_boxes"),
                "ran": await call("run_command", box="home", argv=["sh", "-c", "echo $((6 * 7))"]),
                "wrote": await call("write_file", box="home", path="workspace/by-mcp.txt", content="from afar\n"),
                "read": await call("read_file", box="home", path="workspace/by-mcp.txt"),
                "logs": await call("read_logs", box="home", tail=20),
                "asked": await call("send_message", box="home", text="are you there?"),
                "elsewhere": await call("show_box", box="no-such-box"),
            }
            print(json.dumps(said))


asyncio.run(main(sys.argv[1]))
